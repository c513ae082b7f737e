import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { schema as ec2 } from "../../providers/aws/options-schema.ts";
import { schema as azure } from "../../providers/azure/options-schema.ts";
import { schema as digitalocean } from "../../providers/digitalocean/options-schema.ts";
import { schema as gcp } from "../../providers/gcp/options-schema.ts";
import { camelCase } from "../../src/options/option-names.ts";

const PAGE = readFileSync(
  fileURLToPath(new URL("../../docs/coming-from-dask-cloudprovider.md", import.meta.url)),
  "utf8",
);

// The constructors' parameters and the configuration of dask-cloudprovider 2025.9.0.
const COMMON =
  "n_workers worker_class worker_options scheduler_options docker_image docker_args extra_bootstrap env_vars security protocol bootstrap auto_shutdown debug";
const EC2 =
  "region availability_zone ami instance_type scheduler_instance_type worker_instance_type vpc subnet_id security_groups filesystem_size key_name iam_instance_profile instance_tags volume_tags use_private_ip enable_detailed_monitoring spot";
const GCP =
  "projectid zone network network_projectid machine_type scheduler_machine_type worker_machine_type on_host_maintenance source_image ngpus gpu_type scheduler_ngpus scheduler_gpu_type worker_ngpus worker_gpu_type filesystem_size disk_type public_ingress preemptible instance_labels service_account service_account_credentials";
const AZURE =
  "location resource_group subscription_id vnet subnet security_group public_ingress vm_size scheduler_vm_size vm_image disk_size marketplace_plan extra_vm_options";
const DROPLET = "token region size image";
/** Not options of ours: what they were for is said in words. */
const GONE = new Set(["protocol", "debug"]);

test.each([
  ["Options of every cluster", COMMON, [ec2, azure, gcp, digitalocean]],
  ["EC2Cluster", EC2, [ec2]],
  ["GCPCluster", GCP, [gcp]],
  ["DropletCluster", DROPLET, [digitalocean]],
  ["AzureVMCluster", AZURE, [azure]],
] as const)("every option of dask-cloudprovider has its row, and leads to one of ours: %s", (title, names, schemas) => {
  const [, section = ""] = new RegExp(`^## ${title}\n(.*?)(?=^## |$(?![^]))`, "msu").exec(PAGE) ?? [];
  const rows = [...section.matchAll(/^\| `(\w+)`\s+\| (?:`(\w+)`|–)/gmu)].map(([, older = "", ours]) => ({
    older,
    ours,
  }));
  expect(rows.map(({ older }) => older).sort()).toEqual(names.split(" ").sort());
  for (const schema of schemas) {
    const known = Object.keys(schema.shape);
    for (const { older, ours } of rows) {
      if (ours !== undefined) expect(known).toContain(ours);
      // As it stands in somebody's configuration.
      if (!GONE.has(older)) expect(known).toContain(camelCase(older));
    }
  }
});
