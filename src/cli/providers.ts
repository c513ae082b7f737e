import { registry } from "../../providers/registry.ts";
import type { ClusterManager, ProviderDefinition } from "../index.ts";
import type { ProviderFacts, ProviderManifest } from "../provider/manifest.ts";
import { usage } from "./usage.ts";

/** A provider's class, as the commands need it. */
export type ClusterType = {
  readonly definition: ProviderDefinition<object>;
  new (options?: object): ClusterManager;
} & Pick<typeof ClusterManager, "adapt" | "attach" | "doctor" | "list" | "remove" | "status" | "sweep">;

export interface RegisteredProvider extends ProviderFacts {
  readonly isCloud: boolean;
  readonly manifest: () => Promise<ProviderManifest>;
  readonly clusterClass: () => Promise<ClusterType>;
}

/** A provider whose schema is known. Its class is loaded where it is used. */
export interface LoadedProvider {
  readonly facts: RegisteredProvider;
  readonly manifest: ProviderManifest;
  readonly type: () => Promise<ClusterType>;
}

/** By their words on the command line. */
export const PROVIDERS: ReadonlyMap<string, RegisteredProvider> = new Map(registry.map((each) => [each.command, each]));

/** Its command or its folder: `ec2` and `aws` are one. */
export function providerOf(word: string): RegisteredProvider | undefined {
  return PROVIDERS.get(word) ?? registry.find(({ folder }) => folder === word);
}

/** @throws DaskFleetError `CONFIG_INVALID` */
export async function providerNamed(word: string): Promise<LoadedProvider> {
  const facts = providerOf(word);
  if (facts === undefined) throw usage(`Expected a provider (${[...PROVIDERS.keys()].join(", ")}), got "${word}".`);
  return await loaded(facts);
}

/** The provider whose definition has that name, as records do. */
export async function providerRecorded(name: string): Promise<LoadedProvider | undefined> {
  const facts = PROVIDERS.get(name);
  return facts === undefined ? undefined : await loaded(facts);
}

async function loaded(facts: RegisteredProvider): Promise<LoadedProvider> {
  return { facts, manifest: await facts.manifest(), type: facts.clusterClass };
}
