import { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { type ProviderDefinition, defineProvider } from "../../src/provider/provider-definition.ts";
import type { DropletClusterOptions } from "./options/options.ts";
import { resolveDropletOptions } from "./options/resolved-options.ts";
import { DropletProvider } from "./provider.ts";

const NAME = "digitalocean";

/**
 * A Dask cluster on DigitalOcean's droplets.
 *
 * ```ts
 * await using cluster = await new DropletCluster({ region: "fra1", nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * It needs an API token, such as in DIGITALOCEAN_TOKEN, and no other package.
 */
export class DropletCluster extends ClusterManager {
  /** Finds and removes clusters, and makes handles on them. */
  static readonly definition: ProviderDefinition<DropletClusterOptions> = defineProvider({
    name: NAME,
    resolve: (options: DropletClusterOptions = {}) => resolveDropletOptions(NAME, options),
    open: (resolved) => new DropletProvider(resolved),
  });

  constructor(options: DropletClusterOptions = {}) {
    super(DropletCluster.definition.resolve(options));
  }
}
