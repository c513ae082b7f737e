import { registry } from "../../providers/registry.ts";
import type { ClusterType } from "../../src/cli/providers.ts";
import type { ProviderManifest } from "../../src/provider/manifest.ts";

export interface LoadedProvider {
  readonly manifest: ProviderManifest;
  readonly Cluster: ClusterType;
}

/** Every provider of the registry: a new one joins all tests that iterate over them. */
export const loadedProviders: readonly LoadedProvider[] = await Promise.all(
  registry.map(async ({ manifest, clusterClass }) => ({ manifest: await manifest(), Cluster: await clusterClass() })),
);

export const loadedClouds: readonly LoadedProvider[] = loadedProviders.filter(
  ({ manifest }) => manifest.column !== undefined,
);
