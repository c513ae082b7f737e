import { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import type { CloudProvider } from "../../src/provider/cloud-provider.ts";
import { type ClusterProvider, type CompleteProvider, forCluster } from "../../src/provider/complete-provider.ts";
import { type ConfiguredProvider, openProvider } from "../../src/provider/provider-definition.ts";

/** A cluster whose provider a test can call directly, and replace in parts. */
export class OpenCluster extends ClusterManager {
  readonly provider: CompleteProvider;
  #stoodFor: { readonly id: string | undefined } | undefined;

  constructor(
    configured: ConfiguredProvider,
    instead: (provider: CloudProvider) => Partial<CloudProvider> = () => ({}),
  ) {
    const { provider } = openProvider(configured);
    const whole = { ...provider, ...instead(provider) };
    super({ ...configured, open: () => whole });
    this.provider = whole;
  }

  get verbs(): ClusterProvider {
    return forCluster(this.provider, { name: this.name, ids: [(this.#stoodFor ?? this).id] });
  }

  /** From now on calls concern another cluster of the same name, as in another process that manages it. */
  as(cluster: { readonly id: string | undefined }): this {
    this.#stoodFor = cluster;
    return this;
  }
}
