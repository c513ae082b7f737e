import { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { type ProviderDefinition, defineProvider } from "../../src/provider/provider-definition.ts";
import type { GCPClusterOptions } from "./options/options.ts";
import { resolveGcpOptions } from "./options/resolved-options.ts";
import { GcpProvider } from "./provider.ts";

const NAME = "gcp";

/**
 * A Dask cluster on Google Compute Engine, in the project and with the credentials that Google's own discovery finds.
 *
 * ```ts
 * await using cluster = await new GCPCluster({ zone: "us-east1-c", nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * It needs the package `@google-cloud/compute`.
 */
export class GCPCluster extends ClusterManager {
  /** Finds and removes clusters, and makes handles on them. */
  static readonly definition: ProviderDefinition<GCPClusterOptions> = defineProvider({
    name: NAME,
    resolve: (options: GCPClusterOptions = {}) => resolveGcpOptions(NAME, options),
    open: (resolved) => new GcpProvider(resolved),
  });

  constructor(options: GCPClusterOptions = {}) {
    super(GCPCluster.definition.resolve(options));
  }
}
