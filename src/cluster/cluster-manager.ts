import { randomBytes } from "node:crypto";
import { inspect } from "node:util";

import { ClientAccess } from "../access/client-access.ts";
import type { Dashboard } from "../access/dashboard/dashboard.ts";
import { type ClusterLogs, collectLogs, type LogsOptions } from "../access/logs.ts";
import type { RunOptions } from "../access/run-command.ts";
import { previewUserData } from "../bootstrap/user-data.ts";
import { Deadline } from "../deadline.ts";
import { DaskFleetError, messageOf } from "../errors.ts";
import { type AdaptOptions, checkAdaptOptions } from "../fleet/adaptive/adaptive.ts";
import { assertCount, checkTogether, type ResolvedClusterOptions } from "../provider/cluster-options.ts";
import type { Machine } from "../provider/machine.ts";
import type { MachineRole } from "../provider/role.ts";
import { stateDirectory } from "../state/state-directory.ts";
import { printableText } from "../text/printable.ts";
import { within } from "../wait.ts";
import { Announcer } from "./announcer.ts";
import { LONGEST_HOST } from "./cluster-spec.ts";
import { CreationLedger } from "./end/creation-ledger.ts";
import { ExitDuty } from "./end/exit-duty.ts";
import { afterClose } from "./end/exit-guard.ts";
import { Inventory } from "./end/inventory.ts";
import { removeOwnState } from "./end/own-state.ts";
import { takeDown } from "./end/tear-down.ts";
import { RollbackIncompleteError } from "./end/teardown-error.ts";
import { withAsked } from "./find/asked-options.ts";
import { FindableCluster } from "./find/findable-cluster.ts";
import type { ClusterClass, ClusterWorker, WaitOptions } from "./handle-types.ts";
import { Lead } from "./lead/lead.ts";
import { type ClusterState, Lifecycle } from "./lifecycle.ts";
import { type PhaseTiming, type ProgressEvent, Timeline } from "./progress.ts";
import type { ClusterRecord } from "./record.ts";
import type { RunningCluster } from "./running-cluster.ts";
import type { ClusterEnd, EndReason } from "./scheduler/why-ended.ts";
import { assertAsRecorded, attachTo, recordToAttach } from "./start/attach.ts";
import { specifyCluster, launch, type LaunchInput } from "./start/launch.ts";

/**
 * The whole life of a Dask cluster, wherever its machines are: `new` → {@link start} → {@link scale}, {@link adapt}, {@link run}
 * … → {@link close}. A provider subclass supplies options and the verbs of `MachineSource`.
 *
 * Start and close are single-flight and idempotent; a failed start rolls back everything it created.
 */
export abstract class ClusterManager extends FindableCluster implements AsyncDisposable {
  override readonly name: string;
  readonly #options: ResolvedClusterOptions;
  readonly #announcer = new Announcer();
  readonly #lifecycle = new Lifecycle((state) => this.#announcer.tell({ type: "state", state }));
  readonly #timeline = new Timeline(this.#announcer.tell);
  readonly #ledger = new CreationLedger();
  readonly #lead: Lead;
  readonly #inventory: Inventory;
  readonly #exit: ExitDuty;
  #running: RunningCluster | undefined;
  #access: ClientAccess | undefined;
  #end: ClusterEnd | undefined;

  protected constructor(options: ResolvedClusterOptions) {
    super();
    checkTogether(options);
    this.#options = options;
    this.name = options.name ?? `dask-${randomBytes(4).toString("hex")}`;
    this.#lead = new Lead(this.name, () => this.#lookAfter());
    this.#inventory = new Inventory(this.#ledger, () => ({ ...this.capabilities, ownThings: this.ownThings }));
    this.#exit = new ExitDuty({
      name: this.name,
      options,
      inventory: this.#inventory,
      close: () => this.#close(),
      warn: (message) => this.#announcer.warn(message),
      now: () => ({ identity: this.identity, provider: this.providerName, capabilities: this.capabilities }),
    });
  }

  get state(): ClusterState {
    return this.#lifecycle.state;
  }

  /** Why the cluster closed by itself; undefined while it has not. */
  get closedBecause(): EndReason | undefined {
    return this.#end?.reason;
  }

  /** Where clients find the scheduler, such as `tls://34.1.2.3:8786`. */
  get schedulerAddress(): string {
    return this.#live("schedulerAddress").running.schedulerAddress;
  }

  /** How far the cluster is, and what keeps it from its size and since when: `running: 1 of 2 workers joined, …`. Asks nobody. */
  describe(): string {
    return this.#running === undefined ? this.state : printableText(`${this.state}: ${this.#running.describe()}`);
  }

  /** How long each phase of the start took. */
  get timeline(): readonly PhaseTiming[] {
    return this.#timeline.timings;
  }

  /** The cluster's private directory, such as `~/.local/state/dask-fleet/<name>`. A complete close removes it. */
  get stateDirectory(): string {
    return stateDirectory(this.name);
  }

  /** Tells everything that happens to the cluster. Returns a function that ends the telling. */
  onProgress(listener: (event: ProgressEvent) => void): () => void {
    return this.#announcer.on(listener);
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
    await afterClose(() =>
      this.#lifecycle.start(
        () => this.#start(signal),
        (error) => this.#rollBack(error),
      ),
    );
    return this;
  }

  async #start(userSignal: AbortSignal | undefined): Promise<void> {
    const { closeRequested } = this.#lifecycle;
    this.#timeline.begin();
    const signal = userSignal === undefined ? closeRequested : AbortSignal.any([userSignal, closeRequested]);
    const { running } = await launch(this.#launchInput(), signal);
    await this.#openTo(running);
    this.#lookAfter();
  }

  #lookAfter(): void {
    this.#running?.lookAfter((end) => this.#closeWithoutScheduler(end));
  }

  #launchInput(): LaunchInput {
    return {
      clusterName: this.name,
      clusterId: this.id,
      options: this.#options,
      verbs: this.#inventory.watch(this.#ledger.watch(this.providerVerbs())),
      ledger: this.#ledger,
      lead: this.#lead,
      timeline: this.#timeline,
      emit: this.#announcer.tell,
      onProgress: (soFar) => this.#mustTakeDown(soFar),
    };
  }

  #mustTakeDown(running: RunningCluster | undefined): void {
    this.#exit.begin();
    this.#running = running;
  }

  async #rollBack(error: unknown): Promise<void> {
    if (this.#exit.mayExist && !this.hasMadeSomething) {
      await removeOwnState(this.identity).catch((trouble: unknown) => this.#announcer.warn(messageOf(trouble)));
      this.#exit.nothingLeft();
      this.#lead.end();
    }
    await this.#tearDown().catch((trouble: unknown) => {
      const incomplete = new RollbackIncompleteError(error, trouble);
      this.#announcer.warn(incomplete.message);
      throw incomplete;
    });
  }

  async #openTo(running: RunningCluster): Promise<void> {
    const { gatePlain } = this.nodeExtras("scheduler");
    const [stateDirectory, environment] = [this.stateDirectory, this.runEnvironment()];
    this.#access = await ClientAccess.open({ running, stateDirectory, environment, gatePlain });
  }

  /**
   * A handle on a cluster that another process started, by its record on this computer: it can be used, scaled and closed. The
   * process that started it goes on looking after it; where that one is gone, this one does.
   *
   * @param options.options what is not in the record, such as the cloud's credentials, and time-outs of this handle
   * @throws DaskFleetError `CLUSTER_NOT_FOUND` when there is no such record, or its scheduler is gone; `CONFIG_INVALID` when options
   * contradict the record: it names them
   */
  static async attach<Cluster extends ClusterManager, Options>(
    this: ClusterClass<Cluster, Options>,
    name: string,
    { signal, options }: { readonly signal?: AbortSignal | undefined; readonly options?: Options | undefined } = {},
  ): Promise<Cluster> {
    const { record, options: recorded } = await recordToAttach(this.provider, name);
    const cluster = new this(withAsked(recorded, options) as Options);
    if (options !== undefined) assertAsRecorded(name, new this(recorded as Options).#options, cluster.#options);
    await cluster.#lifecycle.start(
      () => cluster.#attach(record, signal),
      async () => {
        await cluster.#running?.disconnect({ terminate: false });
        await cluster.disconnect();
      },
    );
    return cluster;
  }

  async #attach(record: ClusterRecord, signal: AbortSignal | undefined): Promise<void> {
    this.standFor([record.id]);
    this.restoreState(record.providerState);
    const deadline = new Deadline(this.#options.startTimeoutMs, signal);
    const running = await attachTo(record, this.#launchInput(), deadline);
    this.#mustTakeDown(running);
    await this.#openTo(running);
    await this.#lead.want(record);
  }

  protected override get lookTimeoutMs(): number {
    return this.#options.startTimeoutMs;
  }

  protected override takeOver(): void {
    // Whoever made it may have ended in the middle of a call.
    this.#ledger.loseSight();
    this.#exit.takeOver();
  }

  /**
   * Makes and retires workers until `workers` machines have joined and no others are left. Ends adapting. When a later call
   * wants another number, this one resolves and leaves the rest to that one. Where it rejects, the cluster goes on trying.
   *
   * @throws DaskFleetError with the cloud's reason when time is up or waiting cannot help
   */
  async scale(workers: number, { signal, timeoutMs }: WaitOptions = {}): Promise<void> {
    assertCount("scale()", workers);
    const { running } = this.#live("scale()");
    running.spec.assertInDate();
    const deadline = new Deadline(timeoutMs ?? this.#options.scaleTimeoutMs ?? this.#options.startTimeoutMs, signal);
    await afterClose(() => running.scale(workers, deadline));
  }

  /**
   * Follows Dask's adaptive target, between `minimum` and `maximum` machines, until {@link stopAdapting}, {@link scale} or
   * {@link close}. Tasks that no new worker could run count for nothing: a warning tells what they need.
   */
  async adapt(options: AdaptOptions): Promise<void> {
    checkAdaptOptions(options);
    const { running } = this.#live("adapt()");
    await running.stopAdapting();
    this.#live("adapt()").running.adapt(options);
  }

  /** Keeps the number of workers as it is now. */
  async stopAdapting(): Promise<void> {
    await this.#live("stopAdapting()").running.stopAdapting();
  }

  /** Waits until at least `workers` worker machines have joined (default: as many as there should be). */
  async waitForWorkers(workers?: number, { signal, timeoutMs }: WaitOptions = {}): Promise<void> {
    if (workers !== undefined) assertCount("waitForWorkers()", workers);
    const { running } = this.#live("waitForWorkers()");
    const deadline = new Deadline(timeoutMs ?? this.#options.startTimeoutMs, signal);
    await afterClose(() => running.waitForWorkers(workers, deadline));
  }

  /** The workers that are registered with the scheduler, each with its machine. */
  async workers(options: WaitOptions = {}): Promise<readonly ClusterWorker[]> {
    return await this.#live("workers()").running.workers(options);
  }

  /** The machines as the provider lists them, the scheduler's included. */
  async machines({ signal, timeoutMs }: WaitOptions = {}): Promise<readonly Machine[]> {
    this.#live("machines()");
    const deadline = new Deadline(timeoutMs ?? this.#options.startTimeoutMs, signal);
    return await within("the list of machines", deadline, (inner) => this.list(inner));
  }

  /**
   * The log lines of the scheduler and the workers, as these have them: raw data, with whatever tasks and clients have put in. Use
   * {@link printable} on what you show on a terminal.
   */
  async logs(options: LogsOptions = {}): Promise<ClusterLogs> {
    return await collectLogs(this.#live("logs()").running.client, options);
  }

  /**
   * Environment variables with which a Python `Client()` finds this cluster and is let in, to be laid over an environment: settings
   * of another cluster's TLS that may be in it are `None` here. The TLS files are named by path (they are gone after {@link close});
   * with `inline` they are in the values, so treat those as the secrets they are.
   */
  clientEnv({ inline = false }: { readonly inline?: boolean } = {}): Record<string, string> {
    return this.#live("clientEnv()").access.env(inline);
  }

  /**
   * Writes a configuration for Python's Dask into a directory: export `DASK_CONFIG=<dir>` and `Client()` connects. The files are
   * 0600. Returns the path of the YAML file.
   */
  async writeClientConfig(directory: string): Promise<string> {
    return await this.#live("writeClientConfig()").access.writeConfig(directory);
  }

  /**
   * Runs a command that finds this cluster through {@link clientEnv}. Resolves with 0, or with `check: false` with any exit code,
   * 128 + n when a signal ended it. {@link close} ends the command and what it has started, and so does the end of this process,
   * however it ends; a scheduler that ends by itself does not. With the caller's standard input, Ctrl-C is the command's, as in a shell.
   *
   * @throws CommandFailedError `COMMAND_FAILED` with `exitCode` and `signal` when the command does not succeed.
   */
  async run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<number> {
    const { running, access } = this.#live("run()");
    if (running.wantsNoWorkers) this.#announcer.warn(`${this.name} has no workers: tasks wait for scale() or adapt().`);
    return await afterClose(() => access.run(command, args, options));
  }

  /** Opens the scheduler's dashboard on this computer's loopback; the way there is encrypted like everything else. */
  async dashboard({ port = 0 }: { readonly port?: number } = {}): Promise<Dashboard> {
    return await this.#live("dashboard()").access.dashboard(port);
  }

  /** What a machine of that role would be told, every secret replaced. Touches nothing and costs nothing. */
  previewStartupScript(role: MachineRole): string {
    const spec = this.#running?.spec ?? specifyCluster(this.#launchInput());
    return previewUserData(spec.userData(role, this.#running?.schedulerHost ?? LONGEST_HOST));
  }

  /**
   * Ends this handle and leaves the cluster as it is; another process can {@link attach} and look after it, and until then nobody
   * replaces what is lost. The machines of a local cluster end with the process that started it all the same.
   */
  async detach(): Promise<void> {
    if (this.#end !== undefined) {
      await this.#close();
      return;
    }
    const { running, access } = this.#live("detach()");
    await this.#lifecycle.close(async () => {
      await access.end({ andCommands: true });
      await running.leave();
      await this.#lead.giveUp().catch((error: unknown) => this.#announcer.warn(messageOf(error)));
      this.#exit.nothingLeft();
      this.#exit.end(undefined);
      await this.disconnect();
    });
  }

  /**
   * Takes the cluster down: asks Dask to end, destroys every machine that carries the cluster's tags, releases the network and
   * removes the record. What the cloud refuses is tried again until `closeTimeoutMs` is over. Callers join a close that is under
   * way; one that failed can be tried again.
   *
   * @throws TeardownIncompleteError that lists what is left, by id, and why.
   */
  override async close(): Promise<void> {
    await afterClose(() => this.#close());
  }

  async #close(): Promise<void> {
    if (this.#end !== undefined) await this.#access?.endCommands();
    await this.#lifecycle.close(() => this.#tearDown());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #tearDown(): Promise<void> {
    const deadline = new Deadline(this.#options.closeTimeoutMs);
    const endUse = async (by: Deadline): Promise<void> =>
      await this.#access?.end({ andCommands: this.#end === undefined, by });
    try {
      if (this.#exit.mayExist) {
        const known = { identity: this.identity, inventory: this.#inventory, running: this.#running };
        await takeDown({ ...this.#launchInput(), ...known, className: this.constructor.name, endUse }, deadline);
        this.#exit.nothingLeft();
        this.#lead.end();
      } else await endUse(deadline);
    } finally {
      await this.disconnect();
    }
    this.#exit.end(this.#access);
  }

  /** A cluster without a scheduler can do no work and still costs money. */
  #closeWithoutScheduler(end: ClusterEnd): void {
    if (this.#lifecycle.closeRequested.aborted) return;
    this.#end = end;
    this.#announcer.warn(end.message);
    this.#lifecycle.close(() => this.#tearDown()).catch((error: unknown) => this.#announcer.warn(messageOf(error)));
  }

  #live(what: string): { readonly running: RunningCluster; readonly access: ClientAccess } {
    if (this.#end !== undefined && this.state !== "failed") throw new DaskFleetError("CLOSED", this.#end.message);
    this.#lifecycle.assertRunning(what);
    const [running, access] = [this.#running, this.#access];
    if (running === undefined || access === undefined) throw new DaskFleetError("WRONG_STATE", `${what}: not running.`);
    return { running, access };
  }

  [inspect.custom](): string {
    return `${this.constructor.name} { name: "${this.name}", state: "${this.state}" }`;
  }
}
