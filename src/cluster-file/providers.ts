import { registry } from "../../providers/registry.ts";
import type { ClusterManager } from "../cluster/cluster-manager.ts";
import { invalid } from "../options/invalid.ts";
import { didYouMean } from "../options/option-names.ts";
import type { ProviderFacts, ProviderManifest } from "../provider/manifest.ts";

/** A provider that is known but not loaded. */
export interface Registered extends ProviderFacts {
  readonly isCloud: boolean;
  readonly manifest: () => Promise<ProviderManifest>;
  readonly clusterClass: () => Promise<new (options?: object) => ClusterManager>;
}

const PROVIDERS: readonly Registered[] = registry;

/**
 * The provider of a name: its own (`ec2`), or its folder's (`aws`).
 *
 * @param where who says so, for the error
 * @throws DaskFleetError `CONFIG_INVALID`
 */
export function registered(name: string, where: string): Registered {
  const found = PROVIDERS.find(({ command, folder }) => name === command || name === folder);
  if (found !== undefined) return found;
  const known = didYouMean(
    name,
    PROVIDERS.flatMap(({ command, folder }) => [...new Set([command, folder])]),
  ).replace("Known options:", "Known providers:");
  throw invalid(`Unknown provider ${JSON.stringify(name)}${where}. ${known}`);
}

export function providerNames(): string {
  return PROVIDERS.map(({ command }) => command).join(", ");
}
