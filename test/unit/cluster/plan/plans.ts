import { EC2Cluster } from "../../../../providers/aws/index.ts";
import { AzureVMCluster } from "../../../../providers/azure/index.ts";
import { DropletCluster } from "../../../../providers/digitalocean/index.ts";
import { GCPCluster } from "../../../../providers/gcp/index.ts";
import { LocalCluster } from "../../../../providers/local/index.ts";
import { OCICluster } from "../../../../providers/oci/index.ts";
import type { ClusterManager } from "../../../../src/cluster/cluster-manager.ts";

const HOUR_MS = 3_600_000;
const common = { name: "lab", nWorkers: 4 };

/** A cluster of each provider, with options that the page of plans and the golden texts have. */
export const CLUSTERS: Readonly<Record<string, () => ClusterManager>> = {
  ec2: () => new EC2Cluster({ ...common, region: "us-east-1", maxLifetimeMs: 4 * HOUR_MS }),
  azure: () =>
    new AzureVMCluster({
      ...common,
      location: "eastus",
      resourceGroup: "dask",
      zones: ["1", "2"],
      spot: "with-fallback",
    }),
  gcp: () =>
    new GCPCluster({
      ...common,
      projectId: "lab-123",
      allowedCidrs: ["203.0.113.0/24"],
      workerNGpus: 1,
      workerGpuType: "nvidia-tesla-t4",
    }),
  digitalocean: () =>
    new DropletCluster({ ...common, publicIp: false, security: false, runtime: "native", tags: { team: "data" } }),
  oci: () =>
    new OCICluster({
      ...common,
      region: "eu-frankfurt-1",
      compartmentId: "ocid1.compartment.oc1..aaaaaaaaexample",
      instanceTypes: ["VM.Standard.E5.Flex"],
      ocpus: 2,
      preemptible: true,
      freeformTags: { team: "data" },
    }),
  local: () => new LocalCluster(common),
};

/** A plan's text without what is another each time: ids, times, and sizes, which the certificates change by a few bytes. */
export function steady(
  text: string,
  { id = "", stateDirectory }: Pick<ClusterManager, "id" | "stateDirectory">,
): string {
  return text
    .replaceAll(id, "0123456789abcdef")
    .replaceAll(id.slice(0, 8), "01234567")
    .replaceAll(stateDirectory, "~/.local/state/dask-fleet/lab")
    .replaceAll(/about [\d,]+ of/gu, "about 12,345 of")
    .replaceAll(/(?<=expires +)\d{10}/gu, "1796103255");
}
