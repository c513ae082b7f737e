import { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { type ProviderDefinition, defineProvider } from "../../src/provider/provider-definition.ts";
import type { AzureVMClusterOptions } from "./options/options.ts";
import { resolveAzureOptions } from "./options/resolved-options.ts";
import { AzureVmProvider } from "./provider.ts";

/** In Dask's configuration, as in dask-cloudprovider. */
const SECTION = "azure.azurevm";

/**
 * A Dask cluster on Azure's virtual machines, in a resource group that is there.
 *
 * ```ts
 * await using cluster = await new AzureVMCluster({ location: "eastus", resourceGroup: "dask", nWorkers: 2 }).start();
 * await cluster.run("python", ["train.py"]);
 * ```
 *
 * It needs the packages `@azure/arm-compute`, `@azure/arm-network` and, unless a `credential` is given, `@azure/identity`.
 */
export class AzureVMCluster extends ClusterManager {
  /** Finds and removes clusters, and makes handles on them. */
  static readonly definition: ProviderDefinition<AzureVMClusterOptions> = defineProvider({
    name: "azure",
    resolve: (options: AzureVMClusterOptions = {}) => resolveAzureOptions(SECTION, options),
    open: (resolved) => new AzureVmProvider(resolved),
  });

  constructor(options: AzureVMClusterOptions = {}) {
    super(AzureVMCluster.definition.resolve(options));
  }
}
