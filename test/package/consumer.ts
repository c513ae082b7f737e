// A user's program in strict TypeScript. The package check compiles it against the packed library's types.
import { DaskFleetError, Security, TeardownIncompleteError } from "dask-fleet";
import type { ClusterWorker, ErrorCode, ProgressEvent } from "dask-fleet";
import { EC2Cluster, type EC2ClusterOptions } from "dask-fleet/aws";
import { AzureVMCluster, type AzureVMClusterOptions } from "dask-fleet/azure";
import { DropletCluster, type DropletClusterOptions } from "dask-fleet/digitalocean";
import { GCPCluster, type GCPClusterOptions } from "dask-fleet/gcp";
import { LocalCluster } from "dask-fleet/local";
import type { LocalClusterOptions } from "dask-fleet/local";
import { OCICluster, type OCIClusterOptions } from "dask-fleet/oci";

export const security: Security = Security.temporary();
export const options: LocalClusterOptions = {
  nWorkers: 2,
  security,
  workerOptions: { nthreads: 1, memoryLimit: "1GiB" },
};

export const ec2: EC2ClusterOptions = {
  nWorkers: 2,
  spot: "with-fallback",
  instanceTags: { team: "data" },
  publicIp: false,
};
export const gcp: GCPClusterOptions = {
  nWorkers: 2,
  zones: ["us-east1-b", "us-east1-c"],
  allowedCidrs: ["203.0.113.7/32"],
};
export const azure: AzureVMClusterOptions = {
  location: "eastus",
  resourceGroup: "dask",
  nWorkers: 2,
  zones: ["1", "2"],
  credential: { getToken: async () => ({ token: "a-token", expiresOnTimestamp: 0 }) },
};
export const digitalOcean: DropletClusterOptions = { nWorkers: 2, region: "fra1", image: 12_345_678 };
export const oci: OCIClusterOptions = { nWorkers: 2, region: "eu-frankfurt-1", ocpus: 2, availabilityDomain: "AD-1" };
export const clusters = [
  new EC2Cluster(ec2),
  new GCPCluster(gcp),
  new AzureVMCluster(azure),
  new DropletCluster(digitalOcean),
  new OCICluster(oci),
];

export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof DaskFleetError ? error.code : undefined;
}

export function leftBy(error: unknown): readonly string[] {
  return error instanceof TeardownIncompleteError ? error.left.map(({ id }) => id) : [];
}

export async function names(signal: AbortSignal): Promise<readonly string[]> {
  await using cluster = await new LocalCluster(options).start({ signal });
  const stop = cluster.onProgress((event: ProgressEvent) => {
    if (event.type === "machine" && event.change === "lost") console.warn(event.id, event.reason);
  });
  await cluster.scale(3, { timeoutMs: 60_000 });
  const workers: readonly ClusterWorker[] = await cluster.workers();
  stop();
  return workers.map(({ name }) => name);
}
