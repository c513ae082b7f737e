import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import { GCPCluster, type GCPClusterOptions } from "../../../providers/gcp/index.ts";
import { STORAGE_READER } from "../../../providers/gcp/options/identity.ts";
import { resolveGcpOptions } from "../../../providers/gcp/options/resolved-options.ts";
import { faults } from "../../unit/options/fixture.ts";
import { resolved } from "./samples.ts";

function refusal(options: object): string {
  return faults(() => resolved(options)).join("\n");
}

function configured(section: string): void {
  const folder = mkdtempSync(join(tmpdir(), "dask-fleet-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "cloudprovider.yaml"), `cloudprovider:\n  gcp:\n${section}`);
  vi.stubEnv("DASK_CONFIG", folder);
}

/** The section as dask-cloudprovider ships it. */
const SHIPPED = fileURLToPath(new URL("../../package/dask-cloudprovider.yaml", import.meta.url));
const [, UPSTREAM = ""] = readFileSync(SHIPPED, "utf8").split("  gcp:\n");

test("without an option and without credentials there is a plan for each machine", () => {
  const cluster = new GCPCluster();
  expect(cluster.state).toBe("new");
  expect(cluster.previewStartupScript("worker")).toContain("DASK_FLEET_ROLE='worker'");
  expect(resolved()).toMatchObject({
    zones: ["us-east1-c"],
    network: "default",
    schedulerInstanceType: "e2-standard-2",
    workerInstanceType: "e2-standard-2",
  });
});

describe("the options of dask_cloudprovider.gcp.GCPCluster, in camelCase", () => {
  const upstream: GCPClusterOptions = {
    projectId: "my-project",
    zone: "europe-west1-b",
    network: "my-network",
    networkProjectId: "host-project",
    machineType: "n2-standard-2",
    schedulerMachineType: "e2-standard-2",
    workerMachineType: "n1-standard-4",
    sourceImage: "projects/my-project/global/images/my-image",
    dockerImage: "ghcr.io/dask/dask:2026.7.1-py3.12",
    dockerArgs: "--shm-size 1g",
    extraBootstrap: ["true"],
    nGpus: 2,
    gpuType: "nvidia-tesla-t4",
    schedulerNGpus: 0,
    workerNGpus: 4,
    workerGpuType: "nvidia-tesla-v100",
    filesystemSize: 100,
    diskType: "pd-ssd",
    onHostMaintenance: "terminate",
    nWorkers: 3,
    bootstrap: false,
    workerOptions: { nthreads: 2 },
    schedulerOptions: { dashboardPrefix: "/x" },
    envVars: { A: "1" },
    security: false,
    preemptible: true,
    autoShutdown: false,
    instanceLabels: { team: "data" },
    serviceAccount: "dask@my-project.iam.gserviceaccount.com",
    instanceScopes: ["https://www.googleapis.com/auth/cloud-platform"],
    publicIngress: false,
  };

  test("are all taken", () => {
    const { zone, machineType: _machineType, nGpus: _nGpus, gpuType: _gpuType, ...others } = upstream;
    const { schedulerMachineType, workerMachineType, filesystemSize, ...more } = others;
    const { preemptible: _preemptible, publicIngress: _publicIngress, onHostMaintenance: _on, ...rest } = more;
    expect(resolved(upstream)).toMatchObject({
      ...rest,
      schedulerInstanceType: schedulerMachineType,
      workerInstanceType: workerMachineType,
      diskSize: filesystemSize,
      dockerArgs: ["--shm-size", "1g"],
      zones: [zone],
      publicIp: false,
      spot: true,
      onHostMaintenance: "TERMINATE",
    });
  });

  test("are read from dask-cloudprovider's environment variables", () => {
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__PROJECTID", "my-project");
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__NETWORK_PROJECTID", "host-project");
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__ZONE", "us-central1-a");
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__NGPUS", "1");
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__GPU_TYPE", "nvidia-tesla-t4");
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__SCHEDULER_NGPUS", "0");
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__FILESYSTEM_SIZE", "80");
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__PUBLIC_INGRESS", "False");
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__PREEMPTIBLE", "True");
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__INSTANCE_LABELS", '{"container_vm": "dask-cloudprovider"}');
    vi.stubEnv("DASK_CLOUDPROVIDER__GCP__INSTANCE_PROPERTIES", '{"minCpuPlatform": "Intel Ice Lake"}');
    expect(resolved()).toMatchObject({
      projectId: "my-project",
      networkProjectId: "host-project",
      zones: ["us-central1-a"],
      schedulerNGpus: 0,
      workerNGpus: 1,
      workerGpuType: "nvidia-tesla-t4",
      diskSize: 80,
      publicIp: false,
      spot: true,
      instanceLabels: { container_vm: "dask-cloudprovider" },
      instanceProperties: { minCpuPlatform: "Intel Ice Lake" },
    });
  });

  test("accept the shipped values of dask-cloudprovider, which crash it", () => {
    configured(UPSTREAM);
    expect(resolved()).toMatchObject({
      zones: ["us-east1-c"],
      schedulerNGpus: 0,
      workerNGpus: 0,
      publicIp: true,
      serviceAccount: "default",
      onHostMaintenance: "TERMINATE",
    });
    expect(resolved().projectId).toBeUndefined();
    expect(resolved().schedulerGpuType).toBeUndefined();
    expect(new GCPCluster().previewStartupScript("scheduler")).toContain("daskdev/dask:latest");
  });

  test("in the constructor win over more specific shipped values", () => {
    configured(UPSTREAM);
    const given = {
      machineType: "n2-standard-4",
      publicIp: false,
      zones: ["europe-west1-b", "europe-west1-c"],
      nGpus: 1,
      gpuType: "nvidia-tesla-t4",
      spot: "with-fallback",
    };
    expect(resolved(given)).toMatchObject({
      schedulerInstanceType: "n2-standard-4",
      workerInstanceType: "n2-standard-4",
      publicIp: false,
      zones: ["europe-west1-b", "europe-west1-c"],
      workerNGpus: 1,
      workerGpuType: "nvidia-tesla-t4",
      spot: "with-fallback",
    });
    expect(resolved({ zone: "us-central1-a", workerMachineType: "e2-standard-2" })).toMatchObject({
      zones: ["us-central1-a"],
      schedulerInstanceType: "n1-standard-1",
      workerInstanceType: "e2-standard-2",
    });
  });
});

test("false, 0, an empty list and an empty string are values and win over the environment", () => {
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__SPOT", "True");
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__BOOTSTRAP", "True");
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__PUBLIC_INGRESS", "True");
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__CREATE_FIREWALL", "True");
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__NETWORK_TAGS", '["web"]');
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__API_RETRIES", "3");
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__N_GPUS", "2");
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__GPU_TYPE", "nvidia-tesla-t4");
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__INSTANCE_LABELS", '{"team": "a"}');
  vi.stubEnv("DASK_CLOUDPROVIDER__GCP__INSTANCE_SCOPES", `["${STORAGE_READER}"]`);
  const given = {
    spot: false,
    bootstrap: false,
    publicIp: false,
    createFirewall: false,
    networkTags: [],
    apiRetries: 0,
    schedulerNGpus: 0,
    instanceLabels: { team: "" },
    instanceScopes: [],
  };
  expect(resolved(given)).toMatchObject({ ...given, workerNGpus: 2 });
  expect(resolved({ ...given, nGpus: 0 })).toMatchObject({ schedulerNGpus: 0, workerNGpus: 0 });
});

test("publicIngress is an older spelling of publicIp, preemptible of spot: true, and contradictions are errors", () => {
  expect(resolved({ publicIngress: false }).publicIp).toBe(false);
  expect(resolved({ publicIngress: false, publicIp: false }).publicIp).toBe(false);
  expect(refusal({ publicIngress: true, publicIp: false })).toContain("contradict");
  expect(resolved({ preemptible: true }).spot).toBe(true);
  expect(resolved({ preemptible: false }).spot).toBe(false);
  expect(resolved({ preemptible: true, spot: "with-fallback" }).spot).toBe("with-fallback");
  expect(refusal({ preemptible: true, spot: false })).toContain("contradict");
  expect(refusal({ preemptible: false, spot: true })).toContain("contradict");
  expect(refusal({ zone: "us-east1-c", zones: ["us-east1-b", "us-east1-c"] })).toContain("contradict");
  expect(resolved({ zone: "us-east1-b", zones: ["us-east1-b", "us-east1-c"] }).zones).toHaveLength(2);
});

test("tasks have no Google identity by default, and a requested one may only read storage", () => {
  const identity = ({ serviceAccount, instanceScopes }: ReturnType<typeof resolved>): unknown[] => [
    serviceAccount,
    instanceScopes,
  ];
  const scope = "https://www.googleapis.com/auth/bigquery";
  expect(identity(resolved())).toEqual([undefined, []]);
  expect(identity(resolved({ serviceAccount: "default" }))).toEqual(["default", [STORAGE_READER]]);
  expect(identity(resolved({ instanceScopes: [scope] }))).toEqual(["default", [scope]]);
  expect(identity(resolved({ serviceAccount: "default", instanceScopes: [] }))).toEqual([undefined, []]);
});

test("resolved options can be resolved again: records hold them", () => {
  const once = resolved({
    zones: ["us-east1-c", "us-east1-b"],
    publicIngress: false,
    preemptible: true,
    nGpus: 1,
    gpuType: "nvidia-tesla-t4",
    machineType: "n1-standard-4",
    instanceScopes: [STORAGE_READER],
    onHostMaintenance: "terminate",
  });
  const { security: _security, ...recorded } = JSON.parse(JSON.stringify(once)) as Record<string, unknown>;
  configured(
    UPSTREAM.replace("source_image", "# source_image")
      .replace("disk_type", "# disk_type")
      .replace("docker_image", "# "),
  );
  const { instanceLabels: _labels, ...again } = resolved({ ...recorded, networkProjectId: once.networkProjectId });
  const { instanceLabels: _noLabels, ...before } = once;
  expect(JSON.parse(JSON.stringify(again))).toEqual(JSON.parse(JSON.stringify(before)));
});

test("credentials are neither recorded nor shown", () => {
  const serviceAccountCredentials = { client_email: "a@b.iam.gserviceaccount.com", private_key: "VERY SECRET" };
  const { options, credentials } = resolveGcpOptions("gcp", { serviceAccountCredentials });
  expect(credentials).toEqual(serviceAccountCredentials);
  expect(JSON.stringify(options)).not.toContain("SECRET");
  expect(inspect(new GCPCluster({ serviceAccountCredentials }), { depth: 20 })).not.toContain("SECRET");
  expect(refusal({ serviceAccountCredentials: "VERY SECRET" })).not.toContain("SECRET");
});

test.each([
  [{ zone: "us-east1" }, 'not a region such as "us-east1"'],
  [{ zone: "../x" }, "zone"],
  [{ zones: [] }, "zones"],
  [{ zones: ["us-east1-c", "x"] }, "zones[1]"],
  [{ projectId: "My Project" }, "projectId"],
  [{ network: "projects/p/global/firewalls/n" }, "projects/p/global/networks/n"],
  [{ subnetwork: "projects/p/global/networks/n" }, "projects/p/regions/r/subnetworks/s"],
  [{ networkTags: ["Web"] }, "networkTags[0]"],
  [{ machineType: "zones/us-east1-c/machineTypes/n1-standard-1" }, "n2-standard-4"],
  [{ sourceImage: "projects/p/zones/z/disks/d" }, "projects/…/global/images/…"],
  [{ nGpus: 1 }, "of which type"],
  [{ nGpus: -1 }, "nGpus"],
  [{ nGpus: 1, gpuType: "nvidia-tesla-t4", onHostMaintenance: "MIGRATE" }, "cannot be migrated"],
  [{ workerNGpus: 1, schedulerGpuType: "nvidia-tesla-t4" }, "workerGpuType"],
  [{ filesystemSize: 5 }, "filesystemSize"],
  [{ onHostMaintenance: "RESTART" }, '"MIGRATE" or "TERMINATE"'],
  [{ spot: "always" }, "with-fallback"],
  [{ instanceLabels: { creator: "me" } }, "dask-fleet's own"],
  [{ instanceLabels: { expires: "0" } }, "dask-fleet's own"],
  [{ instanceLabels: { Team: "x" } }, "lower-case"],
  [{ instanceLabels: { team: "Data Science" } }, "lower-case"],
  [{ instanceLabels: { team: "x".repeat(64) } }, "63"],
  [{ instanceLabels: Object.fromEntries(Array.from({ length: 61 }, (_, n) => [`l${n}`, ""])) }, "58 labels"],
  [{ tags: { creator: "me" } }, 'The label "creator" of the `tags` option is dask-fleet\'s own'],
  [{ tags: { "Cost Center": "42" } }, "`tags` option needs a name of lower-case letters"],
  [{ tags: { team: "Data Science" } }, "`tags` option needs a value of lower-case letters"],
  [
    {
      tags: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`t${n}`, ""])),
      instanceLabels: Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`l${n}`, ""])),
    },
    "58 labels",
  ],
  [{ sourceImage: "projects/debian-cloud/global/images/family/debian-13" }, "no cloud-init"],
  [
    { sourceImage: "https://www.googleapis.com/compute/v1/projects/rhel-cloud/global/images/rhel-10-v20261110" },
    "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64",
  ],
  [{ sourceImage: "projects/cos-cloud/global/images/family/cos-stable" }, "read-only"],
  [{ nGpus: 3, gpuType: "nvidia-l4" }, "there are 1, 2, 4, 8"],
  [{ instanceMetadata: { "user-data": "#!/bin/sh" } }, "node of the cluster"],
  [{ instanceMetadata: { "a key": "" } }, "a key"],
  [{ instanceMetadata: { a: "x".repeat(262_145) } }, "262144"],
  [{ serviceAccount: "me" }, "e-mail address"],
  [{ instanceScopes: ["cloud-platform"] }, "https://www.googleapis.com/auth/devstorage.read_write"],
  [{ endpoint: "https://proxy.example.com/compute/v1" }, "no path"],
  [{ instanceProperties: { labels: { a: "b" } } }, "use instanceLabels"],
  [{ instanceProperties: { tags: { items: [] } } }, "use networkTags"],
  [{ instanceProperties: { metadata: { items: [] } } }, "use instanceMetadata"],
  [{ instanceProperties: { disks: [{ autoDelete: false }] } }, "goes with it"],
  [{ instanceProperties: { networkInterfaces: [{ accessConfigs: [] }] } }, "use publicIp"],
  [{ instanceProperties: { scheduling: { maxRunDuration: { seconds: "1" } } } }, "use maxLifetimeMs"],
  [{ instanceProperties: { scheduling: [] } }, "must be a mapping"],
  [{ instanceProperties: { disks: {} } }, "must be a list"],
  [{ machineTyp: "n1-standard-1" }, "machineType"],
])("%j is refused with a hint", (options, words) => {
  expect(refusal(options)).toContain(words);
});

test.each<[GCPClusterOptions, string, string]>([
  [{}, "e2-standard-2", "e2-standard-2"],
  [{ machineType: "n1-standard-1" }, "n1-standard-1", "n1-standard-1"],
  [{ workerNGpus: 1, gpuType: "nvidia-tesla-t4" }, "e2-standard-2", "n1-standard-4"],
  [{ nGpus: 2, gpuType: "nvidia-tesla-v100", schedulerMachineType: "n1-standard-2" }, "n1-standard-2", "n1-standard-4"],
  [{ workerNGpus: 1, gpuType: "nvidia-l4" }, "e2-standard-2", "g2-standard-4"],
  [{ workerNGpus: 8, gpuType: "nvidia-tesla-a100" }, "e2-standard-2", "a2-highgpu-8g"],
  [{ workerNGpus: 1, gpuType: "nvidia-tesla-t4", machineType: "n1-standard-1" }, "n1-standard-1", "n1-standard-1"],
])("with %j and no other type, the scheduler is %s and a worker %s", (options, scheduler, worker) => {
  expect(resolved(options)).toMatchObject({ schedulerInstanceType: scheduler, workerInstanceType: worker });
});

test("the type that another program's configuration names is kept", () => {
  configured(UPSTREAM.replace("source_image", "# source_image").replace("docker_image", "# "));
  expect(resolved()).toMatchObject({ schedulerInstanceType: "n1-standard-1", workerInstanceType: "n1-standard-1" });
});
