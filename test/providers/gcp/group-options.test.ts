import { describe, expect, test } from "vitest";

import type { GCPClusterOptions, GCPWorkerGroupOptions } from "../../../providers/gcp/index.ts";
import { STORAGE_READER } from "../../../providers/gcp/options/identity.ts";
import type { ResolvedGcpOptions } from "../../../providers/gcp/options/resolved-options.ts";
import { optionsFor } from "../../../src/provider/worker-group.ts";
import { resolved } from "./samples.ts";

const T4 = "nvidia-tesla-t4";
const BIGQUERY = "https://www.googleapis.com/auth/bigquery";

/** The options of a cluster's one group, over the cluster's. */
function ofGroup(group: GCPWorkerGroupOptions, cluster: GCPClusterOptions = {}): ResolvedGcpOptions {
  const options = resolved({ ...cluster, workers: { gpu: group } });
  return optionsFor(options, options.groups?.[0]);
}

function refusal(group: GCPWorkerGroupOptions, cluster: GCPClusterOptions = {}): string {
  try {
    ofGroup(group, cluster);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("Nothing was refused");
}

describe("A worker group on Google Cloud", () => {
  test("has types, zones and a market of its own, by dask-cloudprovider's names too; what it does not say is the cluster's", () => {
    const cluster = { zones: ["us-east1-c", "us-east1-d"], workerMachineType: "n2-standard-4", diskSize: 80 };
    expect(ofGroup({}, cluster)).toMatchObject({ zones: cluster.zones, workerInstanceType: "n2-standard-4" });
    const own = {
      instanceType: ["c4-standard-4", "n2-standard-4"],
      zone: "us-east1-b",
      spot: "with-fallback",
    } as const;
    expect(ofGroup(own, cluster)).toMatchObject({
      zones: ["us-east1-b"],
      workerInstanceType: "c4-standard-4",
      instanceTypes: ["n2-standard-4"],
      spot: "with-fallback",
      diskSize: 80,
    });
    expect(ofGroup({ machineType: "n2-standard-8", filesystemSize: 200, preemptible: true })).toMatchObject({
      workerInstanceType: "n2-standard-8",
      instanceTypes: [],
      diskSize: 200,
      spot: true,
    });
  });

  test("has the default type of its GPUs, unless the cluster's type takes them", () => {
    const attached = { nGpus: 1, gpuType: T4 };
    expect(ofGroup(attached).workerInstanceType).toBe("n1-standard-4");
    expect(ofGroup({ nGpus: 2, gpuType: "nvidia-l4" }).workerInstanceType).toBe("g2-standard-24");
    expect(ofGroup({ ngpus: 2 }, { workerNGpus: 1, workerGpuType: T4 })).toMatchObject({
      workerInstanceType: "n1-standard-4",
      workerNGpus: 2,
      workerGpuType: T4,
    });
    const large = { instanceType: "n1-standard-16" };
    expect(ofGroup(attached, large).workerInstanceType).toBe("n1-standard-16");
    expect(ofGroup(attached, { instanceType: "e2-standard-8" }).workerInstanceType).toBe("n1-standard-4");
    expect(refusal({ nGpus: 3, gpuType: "nvidia-l4" })).toContain(
      "Set `workers.gpu.nGpus` or `workers.gpu.machineType`",
    );
  });

  test("has an identity of its own, with as little as is of use", () => {
    const identity = (...asked: Parameters<typeof ofGroup>): unknown => {
      const { serviceAccount, instanceScopes } = ofGroup(...asked);
      return [serviceAccount, instanceScopes];
    };
    const cluster = { serviceAccount: "dask@p.iam.gserviceaccount.com", instanceScopes: [BIGQUERY] };
    expect(identity({})).toEqual([undefined, []]);
    expect(identity({}, cluster)).toEqual([cluster.serviceAccount, [BIGQUERY]]);
    expect(identity({ serviceAccount: "default" })).toEqual(["default", [STORAGE_READER]]);
    expect(identity({ serviceAccount: "default" }, cluster)).toEqual(["default", [BIGQUERY]]);
    expect(identity({ instanceScopes: [BIGQUERY] })).toEqual(["default", [BIGQUERY]]);
    expect(ofGroup({ instanceScopes: [] }, cluster).instanceScopes).toEqual([]);
  });

  test("gets the same options from what a record holds of it", () => {
    const workers = {
      gpu: { nGpus: 1, gpuType: T4, zone: "us-east1-d", serviceAccount: "default", preemptible: true },
      cpu: { machineType: "n2-standard-2", onHostMaintenance: "terminate" },
    };
    const { security: _, groups, ...recorded } = resolved({ workers });
    expect(resolved(JSON.parse(JSON.stringify(recorded)) as object).groups).toEqual(groups);
    expect(groups?.[1]?.options).toMatchObject({ onHostMaintenance: "TERMINATE" });
  });

  test.each<readonly [GCPWorkerGroupOptions, GCPClusterOptions, string]>([
    [{ zone: "us-east1-b", zones: ["us-east1-c"] }, {}, "`workers.gpu.zone:"],
    [{ nGpus: 1 }, {}, "The gpu worker is to have 1 GPU, but of which type? Set `workers.gpu.gpuType`"],
    [
      { nGpus: 1, gpuType: T4, onHostMaintenance: "MIGRATE" },
      {},
      '`workers.gpu.onHostMaintenance` must be "TERMINATE" with `workers.gpu.nGpus`',
    ],
    [
      { nGpus: 1, gpuType: T4 },
      { onHostMaintenance: "MIGRATE" },
      '`onHostMaintenance` must be "TERMINATE" with `workers.gpu.nGpus`',
    ],
    [{ tags: { Team: "a" } }, {}, 'The label "Team" of the `workers.gpu.tags` option'],
    [{ instanceLabels: { role: "a" } }, {}, 'The label "role" of the `workers.gpu.instanceLabels` option'],
    [
      { instanceMetadata: { "user-data": "x" } },
      {},
      'The key "user-data" of the `workers.gpu.instanceMetadata` option',
    ],
    [{ instanceProperties: { labels: {} } }, {}, "The `workers.gpu.instanceProperties` option cannot decide labels"],
    [
      { sourceImage: "projects/debian-cloud/global/images/family/debian-12" },
      {},
      "The `workers.gpu.sourceImage` option names an image of debian-cloud",
    ],
  ])("is checked as the cluster is: %j is refused, with its place", (group, cluster, message) => {
    expect(refusal(group, cluster)).toContain(message);
  });

  test("may say of GPUs what the cluster leaves open", () => {
    const options = resolved({ workerNGpus: 1, workers: { gpu: { gpuType: T4 } } });
    expect(optionsFor(options, options.groups?.[0])).toMatchObject({ workerNGpus: 1, workerGpuType: T4 });
  });
});
