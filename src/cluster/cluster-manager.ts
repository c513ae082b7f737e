import { inspect } from "node:util";

import type { Dashboard } from "../access/dashboard/dashboard.ts";
import { type ClusterLogs, type LogsOptions, collectLogs } from "../access/logs.ts";
import type { RunOptions } from "../access/run-command.ts";
import { previewUserData } from "../bootstrap/user-data.ts";
import { Deadline } from "../deadline.ts";
import { type AdaptOptions, checkAdaptOptions } from "../fleet/adaptive/adaptive.ts";
import { afterClose } from "../process/exit-guard.ts";
import type { ClusterState, PhaseTiming, ProgressEvent } from "../progress.ts";
import { assertCount } from "../provider/cluster-schema.ts";
import type { Machine } from "../provider/machine.ts";
import { type ConfiguredProvider, openProvider } from "../provider/provider-definition.ts";
import type { MachineRole } from "../provider/role.ts";
import { stateDirectory } from "../state/state-directory.ts";
import { printableText } from "../text/printable.ts";
import { LONGEST_HOST } from "./cluster-spec.ts";
import { listClusters } from "./find/found-clusters.ts";
import { removeCluster, sweepClusters } from "./find/remove-clusters.ts";
import type {
  AttachOptions,
  ClusterClass,
  ClusterSummary,
  ClusterWorker,
  Defined,
  EndReason,
  RemoveOptions,
  WaitOptions,
} from "./handle-types.ts";
import { ClusterLife } from "./life.ts";
import { attachable } from "./start/attach.ts";

/**
 * The whole life of a Dask cluster, wherever its machines are: `new` → {@link start} → {@link scale}, {@link adapt}, {@link run}
 * … → {@link close}. It owns a provider ({@link CloudProvider}); a provider's class is a page:
 *
 * ```ts
 * export class ToyCluster extends ClusterManager {
 *   static readonly definition = toy;
 *
 *   constructor(options: ToyOptions = {}) {
 *     super(toy.resolve(options));
 *   }
 * }
 * ```
 *
 * Start and close are single-flight and idempotent; a failed start rolls back everything it created.
 */
export abstract class ClusterManager implements AsyncDisposable {
  /** The `name` option, or `dask-` and eight hexadecimal digits. */
  readonly name: string;
  readonly #life: ClusterLife;

  /** @param configured what the provider's definition has made of the options */
  protected constructor(configured: ConfiguredProvider) {
    this.#life = new ClusterLife(openProvider(configured), new.target.name);
    this.name = this.#life.name;
  }

  /**
   * What tells this cluster from any other of the same name: 16 random hexadecimal digits, in the tags of everything that it makes.
   * Undefined for one that an older version has started.
   */
  get id(): string | undefined {
    return this.#life.id;
  }

  /** Where the cluster is in its life, as this handle knows it. */
  get state(): ClusterState {
    return this.#life.lifecycle.state;
  }

  /** Why the cluster closed by itself; undefined while it has not. */
  get closedBecause(): EndReason | undefined {
    return this.#life.end?.reason;
  }

  /** Where clients find the scheduler, such as `tls://34.1.2.3:8786`. */
  get schedulerAddress(): string {
    return this.#life.live("schedulerAddress").running.schedulerAddress;
  }

  /** How far the cluster is, and what keeps it from its size and since when: `running: 1 of 2 workers joined, …`. Asks nobody. */
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

  /** Tells everything that happens to the cluster. Returns a function that ends the telling. */
  onProgress(listener: (event: ProgressEvent) => void): () => void {
    return this.#life.announcer.on(listener);
  }

  /**
   * Boots the scheduler and, at the same time, the workers, and waits until `nWorkers` (or at least `minWorkers`) have joined. A
   * failed start rolls back everything it created, and rejects with what failed: a DaskFleetError, or the signal's reason.
   *
   * @throws RollbackIncompleteError when something could not be removed: `left` lists it, `cause` is what failed first, `code` is
   * its code. A warning event says the same. {@link close} tries again, and so does `remove()` from any process.
   */
  async start({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<this> {
    signal?.throwIfAborted();
    await afterClose(() => this.#life.start(signal));
    return this;
  }

  /**
   * A handle on a cluster that another process started, by its record on this computer: it can be used, scaled and closed. The
   * process that started it goes on looking after it; if it has exited, this one takes over.
   *
   * @throws DaskFleetError `CLUSTER_NOT_FOUND` when there is no such record, or its scheduler is gone; `CONFIG_INVALID` when options
   * contradict the record: it names them
   */
  static async attach<Cluster extends ClusterManager, Options>(
    this: ClusterClass<Cluster, Options>,
    name: string,
    { signal, options }: AttachOptions<Options> = {},
  ): Promise<Cluster> {
    const { record, asked } = await attachable(this.definition, name, options);
    const cluster = new this(asked);
    await cluster.#life.attach(record, signal);
    return cluster;
  }

  /**
   * The clusters of this provider in one place: those that were started there and have a record on this computer, and those that
   * the provider finds by their tags, whoever started them.
   *
   * @param options where to look, such as the region. Default: what environment and configuration say
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
  static async remove<Options>(
    this: Defined<Options>,
    name: string,
    options?: Options,
    how: RemoveOptions = {},
  ): Promise<void> {
    await removeCluster(this, { name, options, ...how });
  }

  /**
   * Removes the clusters whose time is over (`maxLifetimeMs`) or whose machines have all powered off, by their tags, and tells
   * which. Each of several with one name is judged by itself. For a timer of your own: machines power off by themselves, but most clouds charge until they are deleted.
   */
  static async sweep<Options>(
    this: Defined<Options>,
    options?: Options,
    wait: WaitOptions = {},
  ): Promise<readonly string[]> {
    return await sweepClusters(this, options, wait);
  }

  /**
   * Makes and retires workers until `workers` machines have joined and no others are left. Ends adapting. When a later call
   * wants another number, this one resolves and leaves the rest to that one. Where it rejects, the cluster goes on trying.
   *
   * @throws DaskFleetError with the cloud's reason when time is up or waiting cannot help
   */
  async scale(workers: number, { signal, timeoutMs }: WaitOptions = {}): Promise<void> {
    assertCount("scale()", workers);
    const { running } = this.#life.live("scale()");
    running.spec.assertInDate();
    const deadline = new Deadline(
      timeoutMs ?? this.#life.open.options.scaleTimeoutMs ?? this.#life.open.options.startTimeoutMs,
      signal,
    );
    await afterClose(() => running.scale(workers, deadline));
  }

  /**
   * Follows Dask's adaptive target, between `minimum` and `maximum` machines, until {@link stopAdapting}, {@link scale} or
   * {@link close}. Tasks that no new worker could run count for nothing: a warning tells what they need.
   */
  async adapt(options: AdaptOptions): Promise<void> {
    checkAdaptOptions(options);
    const { running } = this.#life.live("adapt()");
    await running.stopAdapting();
    this.#life.live("adapt()").running.adapt(options);
  }

  /** Keeps the number of workers as it is now. */
  async stopAdapting(): Promise<void> {
    await this.#life.live("stopAdapting()").running.stopAdapting();
  }

  /** Waits until at least `workers` worker machines have joined (default: as many as there should be). */
  async waitForWorkers(workers?: number, { signal, timeoutMs }: WaitOptions = {}): Promise<void> {
    if (workers !== undefined) assertCount("waitForWorkers()", workers);
    const { running } = this.#life.live("waitForWorkers()");
    const deadline = new Deadline(timeoutMs ?? this.#life.open.options.startTimeoutMs, signal);
    await afterClose(() => running.waitForWorkers(workers, deadline));
  }

  /** The workers that are registered with the scheduler, each with its machine. */
  async workers(options: WaitOptions = {}): Promise<readonly ClusterWorker[]> {
    return await this.#life.live("workers()").running.workers(options);
  }

  /** The machines as the provider lists them, the scheduler's included; a worker's with its group, `default` where none is named. */
  async machines({ signal, timeoutMs }: WaitOptions = {}): Promise<readonly Machine[]> {
    const { running } = this.#life.live("machines()");
    return await running.machines(new Deadline(timeoutMs ?? this.#life.open.options.startTimeoutMs, signal));
  }

  /**
   * The log lines of the scheduler and the workers, as these have them: raw data, with whatever tasks and clients have put in. Use
   * {@link printable} on what you show on a terminal.
   */
  async logs(options: LogsOptions = {}): Promise<ClusterLogs> {
    return await collectLogs(this.#life.live("logs()").running.client, options);
  }

  /**
   * Environment variables with which a Python `Client()` finds this cluster and is let in, to be laid over an environment: settings
   * of another cluster's TLS that may be in it are `None` here. The TLS files are named by path (they are gone after {@link close});
   * with `inline` they are in the values, so treat those as the secrets they are.
   */
  clientEnv({ inline = false }: { readonly inline?: boolean } = {}): Record<string, string> {
    return this.#life.live("clientEnv()").access.env(inline);
  }

  /**
   * Writes a configuration for Python's Dask into a directory: export `DASK_CONFIG=<dir>` and `Client()` connects. The files are
   * 0600. Returns the path of the YAML file.
   */
  async writeClientConfig(directory: string): Promise<string> {
    return await this.#life.live("writeClientConfig()").access.writeConfig(directory);
  }

  /**
   * Runs a command that finds this cluster through {@link clientEnv}. Resolves with 0, or with `check: false` with any exit code,
   * 128 + n when a signal ended it. {@link close} ends the command and what it has started, and so does the end of this process,
   * however it ends; a scheduler that ends by itself does not. With the caller's standard input, Ctrl-C is the command's, as in a shell.
   *
   * @throws CommandFailedError `COMMAND_FAILED` with `exitCode` and `signal` when the command does not succeed.
   */
  async run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<number> {
    const { running, access } = this.#life.live("run()");
    if (running.wantsNoWorkers)
      this.#life.announcer.warn(`${this.name} has no workers: tasks wait for scale() or adapt().`);
    return await afterClose(() => access.run(command, args, options));
  }

  /** Opens the scheduler's dashboard on this computer's loopback; the way there is encrypted like everything else. */
  async dashboard({ port = 0 }: { readonly port?: number } = {}): Promise<Dashboard> {
    return await this.#life.live("dashboard()").access.dashboard(port);
  }

  /** What a machine of that role would be told, every secret replaced. Touches nothing and costs nothing. */
  previewStartupScript(role: MachineRole): string {
    const { spec, running } = this.#life;
    return previewUserData(spec.userData(role, running?.schedulerHost ?? LONGEST_HOST));
  }

  /**
   * Ends this handle and leaves the cluster as it is; another process can {@link attach} and look after it, and until then nobody
   * replaces what is lost. The machines of a local cluster end with the process that started it all the same.
   */
  async detach(): Promise<void> {
    await this.#life.detach();
  }

  /**
   * Takes the cluster down: asks Dask to end, destroys every machine that carries the cluster's tags, releases the network and
   * removes the record. What the cloud refuses is tried again until `closeTimeoutMs` is over. Callers join a close that is under
   * way; one that failed can be tried again.
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

  /** For `console.log` and the like: class, name and state, and no secret. */
  [inspect.custom](): string {
    return `${this.constructor.name} { name: "${this.name}", state: "${this.state}" }`;
  }
}
