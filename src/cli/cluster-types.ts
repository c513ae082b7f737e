import type * as z from "zod";

import type { ClusterManager } from "../cluster/cluster-manager.ts";
import { usage } from "./command-line.ts";

/** A provider's class, as the commands need it. */
export type ClusterType = {
  readonly provider: string;
  new (options?: object): ClusterManager;
} & Pick<typeof ClusterManager, "attach" | "list" | "remove" | "sweep">;

interface Provider {
  readonly type: ClusterType;
  /** Of its options. */
  readonly schema: z.ZodObject;
}

const TYPES: Readonly<Record<string, () => Promise<Provider>>> = {
  local: async () => ({
    type: (await import("../../providers/local/index.ts")).LocalCluster,
    schema: (await import("../../providers/local/options/options.ts")).schema,
  }),
  ec2: async () => ({
    type: (await import("../../providers/aws/index.ts")).EC2Cluster,
    schema: (await import("../../providers/aws/options/schema.ts")).schema,
  }),
  azure: async () => ({
    type: (await import("../../providers/azure/index.ts")).AzureVMCluster,
    schema: (await import("../../providers/azure/options/schema.ts")).schema,
  }),
  digitalocean: async () => ({
    type: (await import("../../providers/digitalocean/index.ts")).DropletCluster,
    schema: (await import("../../providers/digitalocean/options/schema.ts")).schema,
  }),
  gcp: async () => ({
    type: (await import("../../providers/gcp/index.ts")).GCPCluster,
    schema: (await import("../../providers/gcp/options/schema.ts")).schema,
  }),
};

export const PROVIDERS = Object.keys(TYPES);

/** @throws DaskFleetError `CONFIG_INVALID` */
export async function providerNamed(provider: string | undefined): Promise<Provider> {
  const load = provider === undefined || !Object.hasOwn(TYPES, provider) ? undefined : TYPES[provider];
  if (load === undefined) throw usage(`Expected a provider (${PROVIDERS.join(", ")}), got "${provider ?? ""}".`);
  return await load();
}
