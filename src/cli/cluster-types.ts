import { registry } from "../../providers/registry.ts";
import type { ClusterManager, ProviderDefinition } from "../index.ts";
import type { ProviderFacts, ProviderManifest } from "../provider/manifest.ts";
import { usage } from "./command-line.ts";

/** A provider's class, as the commands need it. */
export type ClusterType = {
  readonly definition: ProviderDefinition<object>;
  new (options?: object): ClusterManager;
} & Pick<typeof ClusterManager, "attach" | "list" | "remove" | "sweep">;

interface Registered extends ProviderFacts {
  readonly manifest: () => Promise<ProviderManifest>;
  readonly clusterClass: () => Promise<ClusterType>;
}

interface Provider {
  readonly type: ClusterType;
  readonly manifest: ProviderManifest;
}

/** By their words on the command line. */
export const PROVIDERS: ReadonlyMap<string, Registered> = new Map(registry.map((each) => [each.command, each]));

/** @throws DaskFleetError `CONFIG_INVALID` */
export async function providerNamed(word: string | undefined): Promise<Provider> {
  const provider = PROVIDERS.get(word ?? "");
  if (provider === undefined)
    throw usage(`Expected a provider (${[...PROVIDERS.keys()].join(", ")}), got "${word ?? ""}".`);
  const [type, manifest] = await Promise.all([provider.clusterClass(), provider.manifest()]);
  return { type, manifest };
}
