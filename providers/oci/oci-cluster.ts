import { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { type ProviderDefinition, defineProvider } from "../../src/provider/provider-definition.ts";
import type { OCIClusterOptions } from "./options/options.ts";
import { resolveOciOptions } from "./options/resolved-options.ts";
import { OciProvider } from "./provider.ts";

const NAME = "oci";

/**
 * A Dask cluster on Oracle Cloud Infrastructure's compute instances, with the credentials of a profile, an instance or a resource.
 *
 * ```ts
 * await using cluster = await new OCICluster({ compartmentId: "ocid1.compartment.oc1..aaaa", nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * It needs the packages `oci-common` and `oci-core`, of one version.
 */
export class OCICluster extends ClusterManager {
  /** Finds and removes clusters, and makes handles on them. */
  static readonly definition: ProviderDefinition<OCIClusterOptions> = defineProvider({
    name: NAME,
    resolve: (options: OCIClusterOptions = {}) => ({ options: resolveOciOptions(NAME, options) }),
    open: ({ options }) => new OciProvider(options),
  });

  constructor(options: OCIClusterOptions = {}) {
    super(OCICluster.definition.resolve(options));
  }
}
