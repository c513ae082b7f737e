import { DaskFleetError } from "../errors.ts";
import { nodeProblem } from "../node-version.ts";
import type { CloudProvider } from "./cloud-provider.ts";
import { checkTogether } from "./cluster-schema.ts";
import { type CompleteProvider, completeProvider } from "./complete-provider.ts";
import type { GroupedOptions } from "./worker-group.ts";

/** A provider with its options, before anything of it is opened. */
export interface ConfiguredProvider {
  /** Of its {@link ProviderDefinition}. */
  readonly name: string;
  /** Checked, with their defaults. They go into the cluster's record: credentials are not among them. */
  readonly options: GroupedOptions;
  /** Makes the provider. Asks nobody. */
  open(): CloudProvider;
}

/** From a user's options to a provider; all that is needed to find and remove its clusters, and to make a handle on one. */
export interface ProviderDefinition<Options> {
  /** As records and messages have it, such as `ec2`. */
  readonly name: string;
  /**
   * Checks what was asked for, the environment and configuration files included. Asks no cloud.
   *
   * @throws DaskFleetError `CONFIG_INVALID`
   */
  resolve(options?: Options): ConfiguredProvider;
}

/** What a provider has made of what was asked for. */
export interface WithOptions {
  /** Checked, with their defaults. They go into the cluster's record: credentials stand beside them. */
  readonly options: GroupedOptions;
}

/** How a provider is made: {@link defineProvider} turns it into a definition. */
export interface ProviderRecipe<Options, Resolved extends WithOptions> {
  /** As records and messages have it. */
  readonly name: string;
  /** From what was asked for, if anything was, to checked `options`; what may not be recorded, such as credentials, stands beside them. */
  readonly resolve: (options: Options | undefined) => Resolved;
  /** Makes the provider. It asks nobody before its first verb. */
  readonly open: (resolved: Resolved) => CloudProvider;
}

/**
 * Defines a provider:
 *
 * ```ts
 * export const toy = defineProvider({ name: "toy", resolve: resolveToyOptions, open: ({ options }) => new ToyProvider(options) });
 * ```
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

/** A provider that was opened with its options. */
export interface OpenProvider extends Pick<ConfiguredProvider, "name" | "options"> {
  readonly provider: CompleteProvider;
}

export function openProvider(configured: ConfiguredProvider): OpenProvider {
  const { name, options } = configured;
  return { name, options, provider: completeProvider(configured.open()) };
}
