import { listClusters, lookFor, notFound, type Probe, recordToRemove, removeEnded } from "./found-clusters.ts";
import type { ClusterClass, ClusterSummary, WaitOptions } from "./handle-types.ts";
import { MachineSource } from "./machine-source.ts";

/** Finds a provider's clusters without a handle on them, and removes them. */
export abstract class FindableCluster extends MachineSource {
  abstract close(): Promise<void>;
  /** How long a question to the provider may take at most, in milliseconds. */
  protected abstract get lookTimeoutMs(): number;
  /** From now on {@link close} takes the cluster down, whoever has made it. */
  protected abstract takeOver(): void;

  /**
   * The clusters of this provider: those with a record on this computer, and those that the provider finds by their tags,
   * whoever started them.
   *
   * @param options where to look, such as the region
   */
  static async list<Cluster extends FindableCluster, Options>(
    this: ClusterClass<Cluster, Options>,
    options?: Options,
    wait: WaitOptions = {},
  ): Promise<readonly ClusterSummary[]> {
    return await listClusters(this.provider, new this(options as Options).probe(), wait);
  }

  /**
   * Takes down a cluster that any process on any computer has started, by its tags; neither its record nor its scheduler is
   * needed. It takes as long at least as the cloud's lists may lag behind (`listLagMs`).
   *
   * @param options where it is, such as the region; what is left out comes from its record on this computer, if there is one
   * @throws DaskFleetError `CLUSTER_NOT_FOUND`, or TeardownIncompleteError that lists what is left
   */
  static async remove<Cluster extends FindableCluster, Options>(
    this: ClusterClass<Cluster, Options>,
    name: string,
    options?: Options,
  ): Promise<void> {
    const record = await recordToRemove(this.provider, name);
    const given = { ...record?.options, security: false, ...options, name, closeOnExit: false };
    const cluster = new this(given as Options);
    if (record === undefined) {
      if (!(await lookFor(cluster.probe()))) throw notFound(name);
    } else cluster.restoreState(record.providerState);
    cluster.takeOver();
    await cluster.close();
  }

  /**
   * Removes the clusters whose time is over (`maxLifetimeMs`) or whose machines have all powered off, by their tags, and tells
   * which. For a timer of your own: machines power off by themselves, but most clouds charge until they are deleted.
   */
  static async sweep<Cluster extends FindableCluster, Options>(
    this: ClusterClass<Cluster, Options>,
    options?: Options,
    wait: WaitOptions = {},
  ): Promise<readonly string[]> {
    const clusters = await listClusters(this.provider, new this(options as Options).probe(), wait);
    return await removeEnded(clusters, (name) => FindableCluster.remove.call(this as never, name, options));
  }

  protected probe(): Probe {
    return { verbs: this.providerVerbs(), timeoutMs: this.lookTimeoutMs, disconnect: () => this.disconnect() };
  }
}
