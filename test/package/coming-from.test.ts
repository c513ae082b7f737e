import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test, vi } from "vitest";
import { parse } from "yaml";

import { EC2Cluster } from "../../providers/aws/index.ts";
import { schema as ec2 } from "../../providers/aws/options/schema.ts";
import { AzureVMCluster } from "../../providers/azure/index.ts";
import { schema as azure } from "../../providers/azure/options/schema.ts";
import { DropletCluster } from "../../providers/digitalocean/index.ts";
import { schema as digitalocean } from "../../providers/digitalocean/options/schema.ts";
import { GCPCluster } from "../../providers/gcp/index.ts";
import { schema as gcp } from "../../providers/gcp/options/schema.ts";
import { camelCase } from "../../src/options/option-names.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const PAGE = readFileSync(path("../../docs/coming-from-dask-cloudprovider.md"), "utf8");
const SHIPPED = path("dask-cloudprovider.yaml");

// The constructors' parameters and the configuration of dask-cloudprovider 2025.9.0.
const COMMON =
  "n_workers worker_class worker_options scheduler_options docker_image docker_args extra_bootstrap env_vars security protocol bootstrap auto_shutdown debug silence_logs asynchronous worker_command";
const EC2 =
  "region availability_zone ami instance_type scheduler_instance_type worker_instance_type vpc subnet_id security_groups filesystem_size key_name iam_instance_profile instance_tags volume_tags use_private_ip enable_detailed_monitoring spot";
const GCP =
  "projectid zone network network_projectid machine_type scheduler_machine_type worker_machine_type on_host_maintenance source_image ngpus gpu_type scheduler_ngpus scheduler_gpu_type worker_ngpus worker_gpu_type filesystem_size disk_type public_ingress preemptible instance_labels service_account service_account_credentials instance_scopes";
const AZURE =
  "location resource_group subscription_id vnet subnet security_group public_ingress vm_size scheduler_vm_size vm_image disk_size marketplace_plan extra_vm_options";
const DROPLET = "token region size image";
/** Not options of ours: what they were for is said in words. */
const GONE = new Set(["protocol", "debug", "silence_logs", "asynchronous", "worker_command"]);

/** With what it cannot be without. */
class AzureInSomeGroup extends AzureVMCluster {
  constructor(options: object = {}) {
    super({ location: "eastus", resourceGroup: "dask", ...options });
  }
}

const CLUSTERS = [
  { Cluster: EC2Cluster, section: "ec2", own: EC2 },
  { Cluster: AzureInSomeGroup, section: "azure.azurevm", own: `${AZURE} extra_options` },
  { Cluster: GCPCluster, section: "gcp", own: GCP },
  { Cluster: DropletCluster, section: "digitalocean", own: DROPLET },
] as const;

test.each([
  ["Options of every cluster", COMMON, [ec2, azure, gcp, digitalocean]],
  ["EC2Cluster", EC2, [ec2]],
  ["GCPCluster", GCP, [gcp]],
  ["DropletCluster", DROPLET, [digitalocean]],
  ["AzureVMCluster", AZURE, [azure]],
] as const)("every option of dask-cloudprovider has a row and maps to one of ours: %s", (title, names, schemas) => {
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

interface Section {
  readonly [name: string]: Section;
}

function inside(section: Section, name: string): Section {
  return section[name] ?? {};
}

test.each(CLUSTERS)(
  "the configuration that dask-cloudprovider ships makes a $Cluster.name",
  ({ Cluster, section, own }) => {
    vi.stubEnv("DASK_CONFIG", SHIPPED);
    const cluster = new Cluster();
    expect(cluster.previewStartupScript("worker")).toContain("DASK_FLEET_ROLE='worker'");
    const { cloudprovider } = parse(readFileSync(SHIPPED, "utf8")) as { cloudprovider: Section };
    const mapped = new Set(`${COMMON} ${own} ${section.replace(".", " ")}`.split(" "));
    const sections = section.split(".").map((_, nth, names) => names.slice(0, nth + 1).reduce(inside, cloudprovider));
    expect(sections.flatMap((each) => Object.keys(each)).filter((name) => !mapped.has(name))).toEqual([]);
  },
);

test.each(CLUSTERS)("$Cluster.name refuses dropped options and names their replacements", ({ Cluster, section }) => {
  const refusal = (options: object): unknown => {
    try {
      return new Cluster(options);
    } catch (error) {
      return error;
    }
  };
  for (const older of GONE) {
    const sentence = expect.stringMatching(
      new RegExp(`^Unknown option "${camelCase(older)}"\\. (?!Did you mean|Known options).*\\.$`),
    ) as unknown;
    expect(refusal({ [camelCase(older)]: true })).toMatchObject({ code: "CONFIG_INVALID", message: sentence });
  }
  vi.stubEnv(`DASK_CLOUDPROVIDER__${section.toUpperCase().replace(".", "__")}__WORKER_COMMAND`, "dask-cuda-worker");
  expect(refusal({})).toMatchObject({
    message: expect.stringMatching(/"WORKER_COMMAND" from DASK_.*WORKER_COMMAND\. Use `workerModule`/),
  });
});

test("dask-cloudprovider's default worker class counts as unset, and a class that is no worker is refused", () => {
  const preview = (workerClass: string): string => new DropletCluster({ workerClass }).previewStartupScript("worker");
  expect(preview("dask.distributed.Nanny")).not.toContain("Nanny");
  expect(preview("distributed.Nanny")).not.toContain("--worker-class");
  expect(preview("mine.Worker")).toContain("mine.Worker");
  expect(() => preview("dask_cuda.CUDAWorker")).toThrow(/`workerModule: "dask cuda worker"`/);
});
