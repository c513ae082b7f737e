import { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { type ProviderDefinition, defineProvider } from "../../src/provider/provider-definition.ts";
import type { LocalClusterOptions } from "./options/options.ts";
import { resolveLocalOptions } from "./options/schema.ts";
import { LocalProvider } from "./provider.ts";

const NAME = "local";

/**
 * A Dask cluster on this computer, the embedded default: it needs no cloud account, only a Python that has `distributed`. Each
 * machine is a process group that boots the same user data as a cloud machine, on Linux with its own loopback address.
 *
 * ```ts
 * await using cluster = await new LocalCluster({ nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * The machines end when this process ends, however it ends.
 */
export class LocalCluster extends ClusterManager {
  /** Finds, attaches to and removes clusters. */
  static readonly definition: ProviderDefinition<LocalClusterOptions> = defineProvider({
    name: NAME,
    resolve: (options: LocalClusterOptions = {}) => ({ options: resolveLocalOptions(NAME, options) }),
    open: ({ options }) => new LocalProvider(options),
  });

  constructor(options: LocalClusterOptions = {}) {
    super(LocalCluster.definition.resolve(options));
  }
}
