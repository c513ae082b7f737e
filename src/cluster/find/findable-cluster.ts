import { DaskFleetError, linesOf, messageOf } from "../../errors.ts";
import { emitWarning } from "../../process/standard-streams.ts";
import { type ClusterId, type ClusterIdentity, newClusterId } from "../../provider/identity.ts";
import { MachineSource } from "../../provider/machine-source.ts";
import { recordedOptions } from "../../provider/place.ts";
import { writeIntendedSize } from "../../state/intended-size.ts";
import { removeStateDirectory } from "../../state/state-directory.ts";
import type { ClusterClass, ClusterSummary, RemoveOptions, WaitOptions } from "../handle-types.ts";
import { type ClusterRecord, recordPath } from "../record.ts";
import { withAsked } from "./asked-options.ts";
import { chooseRemoval, othersInWords } from "./choose-removal.ts";
import { type Probe, listClusters, notFound, recordToRemove, removeEnded, thingsNamed } from "./found-clusters.ts";

/** Finds a provider's clusters without a handle on them, and removes them. */
export abstract class FindableCluster extends MachineSource {
  abstract readonly name: string;
  #ids: readonly ClusterId[] = [newClusterId()];

  /**
   * What tells this cluster from any other of the same name: 16 random hexadecimal digits, in the tags of everything that it makes.
   * Undefined for one that an older version has started.
   */
  get id(): string | undefined {
    return this.#ids[0];
  }

  protected override get identity(): ClusterIdentity {
    return { name: this.name, ids: this.#ids };
  }

  /** From now on this is a handle on what carries the cluster's name and one of these ids. */
  protected standFor(ids: readonly ClusterId[]): void {
    this.#ids = ids;
  }

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
    const clusters = await listClusters(this.provider, new this(options as Options).probe(), wait);
    return clusters.map(({ summary }) => summary);
  }

  /**
   * Takes down a cluster that any process on any computer has started, by its tags; neither its record nor its scheduler is
   * needed. It takes as long at least as the cloud's lists may lag behind (`listLagMs`). A launcher that is still alive makes no
   * more workers, notices that its scheduler is gone, and closes.
   *
   * Of several clusters with that name it removes the one whose record is on this computer, and warns of the others; without a record
   * `id` says which. What carries another id is never touched.
   *
   * @param options where it is, such as the region. What is left out comes from its record on this computer, if there is one
   * @throws DaskFleetError `CONFIG_INVALID` when options contradict the record, or when several clusters have the name and nothing
   * says which is meant: it names them; `CLUSTER_NOT_FOUND` when there is nothing to be removed: a record is kept unless `forget` is
   * given; TeardownIncompleteError that lists what is left
   */
  static async remove<Cluster extends FindableCluster, Options>(
    this: ClusterClass<Cluster, Options>,
    name: string,
    options?: Options,
    { forget = false, id }: RemoveOptions = {},
  ): Promise<void> {
    const record = await recordToRemove(this.provider, name);
    const cluster = opened(this, record, name, options);
    if (record !== undefined) cluster.restoreState(record.providerState);
    const things = await thingsNamed(name, cluster.probe(), record);
    // A cluster on this computer is where its record is.
    const here = record === undefined ? [] : [{ kind: "record", id: name, clusterName: name, clusterId: record.id }];
    const about = { name, provider: this.provider, things: things ?? here, record, id };
    const { ids, others } = chooseRemoval(about);
    const also = othersInWords(about, others);
    if (ids.length > 0) {
      if (also.length > 0) emitWarning(also.join("\n"));
      await cluster.#remove(ids, record);
      return;
    }
    const isForgotten = forget && record !== undefined && (id === undefined || id === record.id);
    if (!isForgotten) throw notFound({ name, id, className: this.name, record, others: also });
    if (also.length > 0) emitWarning(also.join("\n"));
    await removeStateDirectory(name);
  }

  async #remove(ids: readonly ClusterId[], record: ClusterRecord | undefined): Promise<void> {
    // A launcher that is still alive is not to replace what goes.
    if (record !== undefined && ids.includes(record.id))
      await writeIntendedSize(record.name, 0).catch((error: unknown) => emitWarning(messageOf(error)));
    this.standFor(ids);
    this.takeOver();
    await this.close();
  }

  /**
   * Removes the clusters whose time is over (`maxLifetimeMs`) or whose machines have all powered off, by their tags, and tells
   * which. Each of several with one name is judged by itself. For a timer of your own: machines power off by themselves, but most clouds charge until they are deleted.
   */
  static async sweep<Cluster extends FindableCluster, Options>(
    this: ClusterClass<Cluster, Options>,
    options?: Options,
    wait: WaitOptions = {},
  ): Promise<readonly string[]> {
    const clusters = await listClusters(this.provider, new this(options as Options).probe(), wait);
    return await removeEnded(clusters, async (name, ids) => {
      const found = await recordToRemove(this.provider, name).catch(() => undefined);
      const record = found !== undefined && ids.includes(found.id) ? found : undefined;
      const cluster = opened(this, record, name, options);
      if (record !== undefined) {
        cluster.restoreState(record.providerState);
        await thingsNamed(name, cluster.probe(), record);
      }
      await cluster.#remove(ids, record);
    });
  }

  protected probe(): Probe {
    return { verbs: this.providerVerbs(), timeoutMs: this.lookTimeoutMs, disconnect: () => this.disconnect() };
  }
}

/** A cluster as its record describes it, but for what is given. */
function opened<Cluster extends FindableCluster, Options>(
  type: ClusterClass<Cluster, Options>,
  record: ClusterRecord | undefined,
  name: string,
  asked: Options | undefined,
): Cluster {
  const fixed = { name, security: false, closeOnExit: false };
  if (record === undefined) return new type(withAsked(fixed, asked) as Options);
  try {
    return new type(withAsked({ ...recordedOptions(record), ...fixed }, asked) as Options);
  } catch (error) {
    if (!(error instanceof DaskFleetError) || error.code !== "CONFIG_INVALID") throw error;
    const whence = `Options that are left out come from the record of the cluster, ${recordPath(record.name)}.`;
    throw new DaskFleetError("CONFIG_INVALID", [...linesOf(error), whence], { cause: error });
  }
}
