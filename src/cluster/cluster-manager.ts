import { inspect } from "node:util";

import { previewUserData } from "../bootstrap/user-data.ts";
import type { SchedulerClient } from "../dask/scheduler-client.ts";
import { Deadline } from "../deadline.ts";
import { type AdaptOptions, type GroupAdaptOptions, checkAdaptOptions } from "../fleet/adaptive/adapt-options.ts";
import { afterClose } from "../process/exit-guard.ts";
import type { ClusterState, PhaseTiming, ProgressEvent } from "../progress.ts";
import type { Finding } from "../provider/checkup.ts";
import { assertCount } from "../provider/cluster-schema.ts";
import type { Machine } from "../provider/machine.ts";
import { type ConfiguredProvider, openProvider } from "../provider/provider-definition.ts";
import type { MachineRole } from "../provider/role.ts";
import type { GroupSizes } from "../provider/worker-group.ts";
import { stateDirectory } from "../state/state-directory.ts";
import { printableText } from "../text/printable.ts";
import { LONGEST_HOST } from "./cluster-spec.ts";
import { ClusterWork } from "./cluster-work.ts";
import type { ClusterSummary } from "./find/cluster-summary.ts";
import { listClusters } from "./find/found-clusters.ts";
import { removeCluster, sweepClusters } from "./find/remove-clusters.ts";
import type {
  AttachOptions,
  ClusterClass,
  ClusterWorker,
  Defined,
  EndReason,
  RemoveOptions,
  WaitOptions,
} from "./handle-types.ts";
import { ClusterLife } from "./life.ts";
import type { ClusterPlan, PlanOptions } from "./plan/cluster-plan.ts";
import { readRecord } from "./record.ts";
import { attachable } from "./start/attach.ts";
import type { ClusterStatus } from "./status/cluster-status.ts";
import { lookAt } from "./status/look.ts";
import { STATUS_TIMEOUT_MS, statusOf } from "./status/status-of.ts";
import { type Carrier, wishToAdapt } from "./wish.ts";

/**
 * The whole life of a Dask cluster, wherever its machines are: `new` → {@link start} → {@link scale}, {@link adapt}, {@link run}
 * … → {@link close}. It owns a provider ({@link CloudProvider}); a provider's class is a page:
 *
 * ```ts
 * import { ClusterManager, type ClusterOptions, type ProviderDefinition } from "dask-fleet";
 *
 * declare const toy: ProviderDefinition<ClusterOptions>; // of defineProvider()
 *
 * export class ToyCluster extends ClusterManager {
 *   static readonly definition = toy;
 *
 *   constructor(options: ClusterOptions = {}) {
 *     super(toy.resolve(options));
 *   }
 * }
 * ```
 *
 * Start and close are single-flight and idempotent; a failed start rolls back everything it created.
 */
export abstract class ClusterManager extends ClusterWork implements AsyncDisposable {
  readonly #life: ClusterLife;

  /** @param configured the provider's definition with resolved options */
  protected constructor(configured: ConfiguredProvider) {
    const life = new ClusterLife(openProvider(configured), new.target.name);
    super(life);
    this.#life = life;
  }

  /**
   * The unique id of this cluster: 16 random hexadecimal digits, in the tags of all its resources. Undefined for one that an older
   * version started.
   */
  get id(): string | undefined {
    return this.#life.id;
  }

  /** The state of the cluster, as this handle knows it. */
  get state(): ClusterState {
    return this.#life.lifecycle.state;
  }

  /** Whether this process leads the cluster: it replaces lost workers and makes the wished sizes. */
  get leads(): boolean {
    return this.#life.leads;
  }

  /** Why the cluster closed by itself; undefined unless it did. */
  get closedBecause(): EndReason | undefined {
    return this.#life.end?.reason;
  }

  /** The scheduler's address for clients, such as `tls://34.1.2.3:8786`. */
  get schedulerAddress(): string {
    return this.#life.live("schedulerAddress").running.schedulerAddress;
  }

  /** A summary of state, size and present troubles: `running: 1 of 2 workers joined, …`. Makes no call. */
  describe(): string {
    const { running } = this.#life;
    return running === undefined ? this.state : printableText(`${this.state}: ${running.describe()}`);
  }

  /** How long each phase of the start took. */
  get timeline(): readonly PhaseTiming[] {
    return this.#life.timeline.timings;
  }

  /** The cluster's private directory, such as `~/.local/state/dask-fleet/<name>`. A complete close removes it. */
  get stateDirectory(): string {
    return stateDirectory(this.name);
  }

  /** Calls the listener with each event of the cluster. Returns a function that removes the listener. */
  onProgress(listener: (event: ProgressEvent) => void): () => void {
    return this.#life.announcer.on(listener);
  }

  /**
   * Boots the scheduler and the workers at the same time, and waits until `nWorkers` (or at least `minWorkers`) have joined. A failed
   * start rolls back everything it created, and rejects with a DaskFleetError or the signal's reason.
   *
   * @param options how the start can be ended
   * @param options.signal when aborted, rolls the start back, and the call rejects with the signal's reason
   * @throws RollbackIncompleteError when something could not be removed: `left` lists it, `cause` is the first failure, `code` is its
   * code. A warning event says the same. {@link close} tries again, and so does `remove()` from any process.
   */
  async start({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<this> {
    signal?.throwIfAborted();
    await afterClose(() => this.#life.start(signal));
    return this;
  }

  /**
   * Attaches to a cluster that another process started, by its record on this computer. The handle can use, scale and close it. The
   * process that started it keeps the lead; if it has exited, this process takes over.
   *
   * @param name of the cluster: `list()` shows it
   * @param how what the record does not hold
   * @throws DaskFleetError `CLUSTER_NOT_FOUND` without such a record, or when its scheduler is gone; `CONFIG_INVALID` when options
   * contradict the record: it names them
   */
  static async attach<Cluster extends ClusterManager, Options>(
    this: ClusterClass<Cluster, Options>,
    name: string,
    { signal, options, standBy = false }: AttachOptions<Options> = {},
  ): Promise<Cluster> {
    const { record, asked } = await attachable(this.definition, name, options);
    const cluster = new this(asked);
    await cluster.#life.attach(record, { signal, standBy });
    return cluster;
  }

  /**
   * Lists all clusters of this provider in one place, by their records on this computer and by their tags, including those started
   * elsewhere.
   *
   * @param options where to look, such as the region. Default: environment and configuration
   */
  static async list<Options>(
    this: Defined<Options>,
    options?: Options,
    wait: WaitOptions = {},
  ): Promise<readonly ClusterSummary[]> {
    const clusters = await listClusters(openProvider(this.definition.resolve(options)), wait);
    return clusters.map(({ summary }) => summary);
  }

  /**
   * Has the process that leads a recorded cluster adapt worker groups, or stop that. Connects to nothing and takes no lead.
   *
   * @param name of the cluster
   * @param options bounds and pace as of the method `adapt()` of a cluster; `"off"` keeps the present number of workers
   * @param group as of that method; with `"off"` all groups by default
   * @returns who carries it out; without a launcher it waits for one
   * @throws DaskFleetError `CLUSTER_NOT_FOUND` without such a record; `CONFIG_INVALID` for impossible bounds and an unknown group;
   * `WRONG_STATE` where the launcher's version cannot adapt for others
   */
  static async adapt<Options>(
    this: Defined<Options>,
    name: string,
    options: AdaptOptions | GroupAdaptOptions | "off" = {},
    group?: string,
  ): Promise<Carrier> {
    if (options !== "off") checkAdaptOptions(options);
    return await wishToAdapt(this.definition.name, name, options === "off" ? undefined : options, group);
  }

  /**
   * A recorded cluster at a glance, from any process of this computer. Changes nothing: it takes no lead and does not count as a
   * launcher or a client. `unknown` lists what does not answer.
   *
   * @param name of the cluster
   * @param how what the record does not hold, and for how long. Default: 10 s
   * @throws DaskFleetError `CLUSTER_NOT_FOUND` without such a record, `CONFIG_INVALID` when options contradict it
   */
  static async status<Options>(
    this: Defined<Options>,
    name: string,
    how: AttachOptions<Options> & WaitOptions = {},
  ): Promise<ClusterStatus> {
    return await statusOf(this.definition, name, how);
  }

  /**
   * Removes a cluster by its tags, from any computer. It needs neither the cluster's record nor its scheduler. It takes at least as long
   * as the cloud's lists may lag (`listLagMs`). A launcher that is still alive creates no more workers, notices the end of its scheduler,
   * and closes.
   *
   * Of several clusters with that name it removes the one with a record on this computer, and warns of the others; without a record
   * `id` selects one. Resources with another id are never touched.
   *
   * @param options where it is, such as the region. Omitted options come from its record on this computer, if any
   * @throws DaskFleetError `CONFIG_INVALID` when options contradict the record, or when several clusters have the name and nothing
   * selects one: it names them; `CLUSTER_NOT_FOUND` when nothing is left to remove: a record is kept unless `forget` is given;
   * TeardownIncompleteError that lists what is left
   */
  static async remove<Options>(
    this: Defined<Options>,
    name: string,
    options?: Options,
    how: RemoveOptions = {},
  ): Promise<void> {
    await removeCluster(this, { name, options, ...how });
  }

  /**
   * Removes expired (`maxLifetimeMs`) and fully powered-off clusters by their tags, and returns their names. Clusters that share a name
   * are checked one by one. Run it from cron: machines power off by themselves, but most clouds charge until they are deleted.
   *
   * @param options where to look, such as the region. Default: what environment and configuration say
   * @param wait how long
   */
  static async sweep<Options>(
    this: Defined<Options>,
    options?: Options,
    wait: WaitOptions = {},
  ): Promise<readonly string[]> {
    return await sweepClusters(this, options, wait);
  }

  /**
   * Looks at what a cluster with these options needs, before anything is started: SDK, credentials, account, network, machine types,
   * image, quotas, permissions, clock … Nothing is created and nothing costs. One check that fails or hangs keeps no other.
   *
   * ```ts
   * for await (const { state, title, found, remedy } of EC2Cluster.doctor({ region: "us-east-1", nWorkers: 50 })) {
   *   if (state === "bad") throw new Error(`${title}: ${found}. ${remedy ?? ""}`);
   * }
   * ```
   *
   * @param options as for a cluster. Default: environment and configuration
   * @param how how long
   * @param how.signal when aborted, the iteration throws its reason
   * @param how.timeoutMs for each check by itself. Default: 10 seconds
   * @returns the findings, each when it is known, in a fixed order
   */
  static async *doctor<Options>(
    this: Defined<Options>,
    options?: Options,
    how: WaitOptions = {},
  ): AsyncGenerator<Finding, void> {
    const { checkup } = await import("./checkup/checkup.ts");
    yield* checkup(this.definition, options, how);
  }

  /**
   * Changes the number of workers, and waits until exactly `workers` machines have joined. Ends adapting. A later call with another
   * number takes over, and this one resolves. After a rejection the cluster still works towards its target.
   *
   * @param workers worker machines that there are to be: of the only group or of `default`, or by group, such as `{ gpu: 2 }`
   * @param wait for how long. Default: `scaleTimeoutMs`
   * @throws DaskFleetError with the cloud's reason when time is up or waiting cannot help
   */
  async scale(workers: number | GroupSizes, { signal, timeoutMs }: WaitOptions = {}): Promise<void> {
    for (const count of typeof workers === "number" ? [workers] : Object.values(workers)) assertCount("scale()", count);
    const { running } = this.#life.live("scale()");
    running.spec.assertInDate();
    const deadline = new Deadline(
      timeoutMs ?? this.#life.open.options.scaleTimeoutMs ?? this.#life.open.options.startTimeoutMs,
      signal,
    );
    await afterClose(() => running.scale(workers, deadline));
  }

  /**
   * Has worker groups follow what tasks need, each between its `minimum` and `maximum` machines, until {@link stopAdapting},
   * {@link scale} or {@link close}: `adapt()`, `adapt({ maximum: 20 })`, `adapt({ maximum: 4 }, "gpu")`, `adapt({ gpu: { maximum: 4 } })`.
   * The process that leads carries it out, also after this one has ended. Tasks that no new worker can run buy nothing: a warning says
   * what they need.
   *
   * @param options bounds and pace, of one group or by group. Without bounds: of all groups that have a maximum, within their own
   * @param group the worker group of `options`. Default: the only one, or `default`
   * @throws DaskFleetError `CONFIG_INVALID` for impossible bounds, for an unknown group, and where no maximum is known
   */
  async adapt(options: AdaptOptions | GroupAdaptOptions = {}, group?: string): Promise<void> {
    checkAdaptOptions(options);
    await this.#life.live("adapt()").running.adapt(options, group);
  }

  /**
   * Keeps the number of workers as it is now.
   *
   * @param groups whose. Default: all groups
   */
  async stopAdapting(...groups: readonly string[]): Promise<void> {
    await this.#life.live("stopAdapting()").running.stopAdapting(...groups);
  }

  /**
   * Waits until at least `workers` worker machines have joined. Default: the target.
   *
   * @param workers how many. Default: as many as there should be
   * @param wait for how long. Default: `startTimeoutMs`
   * @throws DaskFleetError `TIMEOUT` when time is up
   */
  async waitForWorkers(workers?: number, { signal, timeoutMs }: WaitOptions = {}): Promise<void> {
    if (workers !== undefined) assertCount("waitForWorkers()", workers);
    const { running } = this.#life.live("waitForWorkers()");
    const deadline = new Deadline(timeoutMs ?? this.#life.open.options.startTimeoutMs, signal);
    await afterClose(() => running.waitForWorkers(workers, deadline));
  }

  /**
   * The cluster at a glance: sizes, workers, jobs, troubles, what ends it, who leads it. Changes nothing.
   *
   * @param wait for how long; `unknown` lists what has not answered by then. Default: 10 s
   */
  async status({ signal, timeoutMs = STATUS_TIMEOUT_MS }: WaitOptions = {}): Promise<ClusterStatus> {
    const { running } = this.#life.live("status()");
    const { verbs } = this.#life;
    const connect = async (): Promise<{ readonly scheduler: SchedulerClient; readonly done: () => Promise<void> }> => {
      return { scheduler: running.client, done: async () => undefined };
    };
    const record = await readRecord(this.name);
    return await lookAt({ record, spec: running.spec, verbs, connect }, new Deadline(timeoutMs, signal));
  }

  /** The registered workers, each with its machine. */
  async workers(options: WaitOptions = {}): Promise<readonly ClusterWorker[]> {
    return await this.#life.live("workers()").running.workers(options);
  }

  /**
   * The machines in the provider's list, the scheduler's included; workers' with their group, `default` without `workers`.
   *
   * @param wait for how long. Default: `startTimeoutMs`
   */
  async machines({ signal, timeoutMs }: WaitOptions = {}): Promise<readonly Machine[]> {
    const { running } = this.#life.live("machines()");
    return await running.machines(new Deadline(timeoutMs ?? this.#life.open.options.startTimeoutMs, signal));
  }

  /** The cloud-init user data of a role, or of a worker group, secrets redacted. Changes nothing and costs nothing. */
  previewStartupScript(role: MachineRole, group?: string): string {
    const { spec, running } = this.#life;
    return previewUserData(spec.userData(role, running?.schedulerHost ?? LONGEST_HOST, { group }));
  }

  /**
   * What {@link start} would create: machines, network, ports, calls, ends. Creates nothing. Without `look` it makes no call and needs
   * no credentials; `planText()` and `planInBrief()` put it into words.
   *
   * @param how what the plan may ask
   * @param how.look whether read-only calls may resolve image, zones, architecture and this computer's address. Default: false
   * @param how.signal ends those calls. They take no longer than `startTimeoutMs`
   * @throws DaskFleetError as a start that fails before it creates anything
   */
  async plan({ look = false, signal, timeoutMs }: PlanOptions = {}): Promise<ClusterPlan> {
    return await this.#life.plan(look, { signal, timeoutMs });
  }

  /**
   * Ends this handle and leaves the cluster running. Another process can {@link attach} and take over; until then lost workers are not
   * replaced. A local cluster still ends with the process that started it.
   */
  async detach(): Promise<void> {
    await this.#life.detach();
  }

  /**
   * Removes the cluster: asks Dask to end, destroys every machine with the cluster's tags, releases the network and removes the record.
   * Refusals of the cloud are retried for `closeTimeoutMs`. Callers join a close under way; a failed one can be retried.
   *
   * @throws TeardownIncompleteError that lists what is left, by id, and why.
   */
  async close(): Promise<void> {
    await afterClose(() => this.#life.close());
  }

  /** As {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** For `console.log`: class, name and state, no secrets. */
  [inspect.custom](): string {
    return `${this.constructor.name} { name: "${this.name}", state: "${this.state}" }`;
  }
}
