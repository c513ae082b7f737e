import type { ClusterManager } from "../cluster-manager.ts";
import { usage } from "./command-line.ts";

/** A provider's class, as the commands need it. */
export type ClusterType = {
  readonly provider: string;
  new (options?: object): ClusterManager;
} & Pick<typeof ClusterManager, "attach" | "list" | "remove" | "sweep">;

const TYPES: Readonly<Record<string, () => Promise<ClusterType>>> = {
  local: async () => (await import("../../providers/local/index.ts")).LocalCluster,
  ec2: async () => (await import("../../providers/aws/index.ts")).EC2Cluster,
  azure: async () => (await import("../../providers/azure/index.ts")).AzureVMCluster,
  digitalocean: async () => (await import("../../providers/digitalocean/index.ts")).DropletCluster,
  gcp: async () => (await import("../../providers/gcp/index.ts")).GCPCluster,
};

export const PROVIDERS = Object.keys(TYPES);

/** @throws DaskFleetError `CONFIG_INVALID` */
export async function clusterType(provider: string | undefined): Promise<ClusterType> {
  const load = provider === undefined || !Object.hasOwn(TYPES, provider) ? undefined : TYPES[provider];
  if (load === undefined) throw usage(`Expected a provider (${PROVIDERS.join(", ")}), got "${provider ?? ""}".`);
  return await load();
}
