import { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { type ProviderDefinition, defineProvider } from "../../src/provider/provider-definition.ts";
import type { MadeUpClusterOptions } from "./options/options.ts";
import { resolveMadeUpOptions } from "./options/schema.ts";
import { MadeUpProvider } from "./provider.ts";

export class MadeUpCluster extends ClusterManager {
  static readonly definition: ProviderDefinition<MadeUpClusterOptions> = defineProvider({
    name: "made-up",
    resolve: (options: MadeUpClusterOptions = {}) => ({ options: resolveMadeUpOptions("made_up", options) }),
    open: ({ options }) => new MadeUpProvider(options),
  });

  constructor(options: MadeUpClusterOptions = {}) {
    super(MadeUpCluster.definition.resolve(options));
  }
}
