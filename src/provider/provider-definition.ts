import { DaskFleetError } from "../errors.ts";
import { nodeProblem } from "../node-version.ts";
import type { CloudProvider } from "./cloud-provider.ts";
import { checkTogether } from "./cluster-schema.ts";
import { type CompleteProvider, completeProvider } from "./complete-provider.ts";
import type { GroupedOptions } from "./worker-group.ts";

/** A provider with resolved options, before it is opened. */
export interface ConfiguredProvider {
  /** The name of its {@link ProviderDefinition}. */
  readonly name: string;
  /** Checked options with defaults. The record holds them, so they contain no credentials. */
  readonly options: GroupedOptions;
  /** Creates the provider. Makes no call. */
  open(): CloudProvider;
}

/** Turns a user's options into a provider. It suffices to find, remove and attach to clusters. */
export interface ProviderDefinition<Options> {
  /** The name in records and messages, such as `ec2`. */
  readonly name: string;
  /**
   * Checks given options, environment and configuration files. Makes no call.
   *
   * @throws DaskFleetError `CONFIG_INVALID`
   */
  resolve(options?: Options): ConfiguredProvider;
}

/** A provider's resolved options. */
export interface WithOptions {
  /** Checked options with defaults. The record holds them; credentials are kept apart. */
  readonly options: GroupedOptions;
}

/** The parts of a provider; {@link defineProvider} turns them into a definition. */
export interface ProviderRecipe<Options, Resolved extends WithOptions> {
  /** The name in records and messages. */
  readonly name: string;
  /** Resolves given options, if any, to checked `options`. Values that must not be recorded, such as credentials, are kept apart. */
  readonly resolve: (options: Options | undefined) => Resolved;
  /** Creates the provider. It makes no call before its first verb. */
  readonly open: (resolved: Resolved) => CloudProvider;
}

/**
 * Defines a provider:
 *
 * ```ts
 * import { type CloudProvider, type ClusterOptions, defineProvider, resolveClusterOptions } from "dask-fleet";
 *
 * declare function toyProvider(): CloudProvider;
 *
 * export const toy = defineProvider({
 *   name: "toy",
 *   resolve: (options?: ClusterOptions) => ({ options: resolveClusterOptions("toy", options) }),
 *   open: () => toyProvider(),
 * });
 * ```
 *
 * @param recipe how its options are checked, and how it is made
 */
export function defineProvider<Options, Resolved extends WithOptions>({
  name,
  resolve,
  open,
}: ProviderRecipe<Options, Resolved>): ProviderDefinition<Options> {
  return {
    name,
    resolve: (options) => {
      const problem = nodeProblem();
      if (problem !== undefined) throw new DaskFleetError("CONFIG_INVALID", problem);
      const resolved = resolve(options);
      checkTogether(resolved.options);
      return { name, options: resolved.options, open: () => open(resolved) };
    },
  };
}

/** An open provider and its options. */
export interface OpenProvider extends Pick<ConfiguredProvider, "name" | "options"> {
  readonly provider: CompleteProvider;
}

export function openProvider(configured: ConfiguredProvider): OpenProvider {
  const { name, options } = configured;
  return { name, options, provider: completeProvider(configured.open()) };
}
