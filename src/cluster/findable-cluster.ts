import { DaskFleetError, linesOf, messageOf } from "../errors.ts";
import { emitWarning } from "../process/standard-streams.ts";
import { writeIntendedSize } from "../state/intended-size.ts";
import { removeStateDirectory } from "../state/state-directory.ts";
import { isThere, listClusters, notFound, type Probe, recordToRemove, removeEnded } from "./found-clusters.ts";
import type { ClusterClass, ClusterSummary, RemoveOptions, WaitOptions } from "./handle-types.ts";
import { MachineSource } from "./machine-source.ts";
import { recordedOptions } from "./place.ts";
import { type ClusterRecord, recordPath } from "./record.ts";

/** Finds a provider's clusters without a handle on them, and removes them. */
export abstract class FindableCluster extends MachineSource {
  abstract close(): Promise<void>;
  /** How long a question to the provider may take at most, in milliseconds. */
  protected abstract get lookTimeoutMs(): number;
  /** From now on {@link close} takes the cluster down, whoever has made it. */
  protected abstract takeOver(): void;

  /**
   * The clusters of this provider in one place: those that were started there and have a record on this computer, and those that
   * the provider finds by their tags, whoever started them.
   *
   * @param options where to look, such as the region. Default: what environment and configuration say
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
   * needed. It takes as long at least as the cloud's lists may lag behind (`listLagMs`). A launcher that is still alive makes no
   * more workers, notices that its scheduler is gone, and closes.
   *
   * @param options where it is, such as the region. What is left out comes from its record on this computer, if there is one
   * @throws DaskFleetError `CONFIG_INVALID` when options contradict the record: it names them; `CLUSTER_NOT_FOUND` when there is
   * nothing to be removed: a record is kept unless `forget` is given; TeardownIncompleteError that lists what is left
   */
  static async remove<Cluster extends FindableCluster, Options>(
    this: ClusterClass<Cluster, Options>,
    name: string,
    options?: Options,
    { forget = false, configured = [] }: RemoveOptions = {},
  ): Promise<void> {
    const record = await recordToRemove(this.provider, name);
    const cluster = opened(this, record, { ...given(options), name, closeOnExit: false }, configured);
    if (record !== undefined) cluster.restoreState(record.providerState);
    if (await isThere(cluster.probe(), record)) {
      // A launcher that is still alive is not to replace what goes.
      if (record !== undefined)
        await writeIntendedSize(name, 0).catch((error: unknown) => emitWarning(messageOf(error)));
      cluster.takeOver();
      await cluster.close();
      return;
    }
    if (record === undefined || !forget) throw notFound(name, this.name, record);
    await removeStateDirectory(name);
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
    return await removeEnded(clusters, (name) =>
      FindableCluster.remove.call(this as never, name, options, { forget: true }),
    );
  }

  protected probe(): Probe {
    return { verbs: this.providerVerbs(), timeoutMs: this.lookTimeoutMs, disconnect: () => this.disconnect() };
  }
}

/** What was given; an option that is `undefined` was not. */
function given(options: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined));
}

/**
 * A cluster as its record describes it, but for what is given.
 *
 * @param configured options of the record that do not count, so that environment and configuration say them
 */
function opened<Cluster extends FindableCluster, Options>(
  type: ClusterClass<Cluster, Options>,
  record: ClusterRecord | undefined,
  options: Readonly<Record<string, unknown>>,
  configured: readonly string[],
): Cluster {
  if (record === undefined) return new type({ security: false, ...options } as Options);
  const recorded = Object.entries(recordedOptions(record)).filter(([name]) => !configured.includes(name));
  try {
    return new type({ ...Object.fromEntries(recorded), security: false, ...options } as Options);
  } catch (error) {
    if (!(error instanceof DaskFleetError) || error.code !== "CONFIG_INVALID") throw error;
    const whence = `Options that are left out come from the record of the cluster, ${recordPath(record.name)}.`;
    throw new DaskFleetError("CONFIG_INVALID", [...linesOf(error), whence], { cause: error });
  }
}
