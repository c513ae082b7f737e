import { assertLeading, unlessFollowing } from "../cluster/lead/leading.ts";
import type { ProgressEvent } from "../cluster/progress.ts";
import { throwUnreachable } from "../cluster/scheduler/monitor.ts";
import type { SchedulerRestarts } from "../cluster/scheduler/scheduler-restarts.ts";
import type { SchedulerClient } from "../dask/scheduler-client.ts";
import { Deadline, seconds } from "../deadline.ts";
import { asError, DaskFleetError, messageOf } from "../errors.ts";
import type { ClusterProvider } from "../provider/complete-provider.ts";
import { type CreatedMachines, isAlive, type Machine } from "../provider/machine.ts";
import { linesIn } from "../text/text.ts";
import { within } from "../wait.ts";
import { BriefLives } from "./brief-lives.ts";
import type { Consoles } from "./consoles/consoles.ts";
import { CreationRetries } from "./creation-retries.ts";
import { NodeTable } from "./node-table.ts";
import { type LostNode, type NodeView, type Plan, planFleet, type PlanLimits } from "./plan.ts";
import { retireNodes, retireWorkersOf } from "./retire.ts";
import { SinglePass } from "./single-pass.ts";
import { stuckWorkers } from "./stuck-workers.ts";
import type { Troubles } from "./troubles.ts";
import type { UnknownWorkers } from "./unknown-workers.ts";

export interface FleetOptions {
  readonly provider: Pick<ClusterProvider, "list" | "destroy">;
  /** Makes `count` worker machines. */
  readonly createWorkers: (count: number, signal: AbortSignal) => Promise<CreatedMachines>;
  /** Undefined until the scheduler is up. */
  readonly scheduler: () => SchedulerClient | undefined;
  /** Workers (processes) on each machine, where that is certain beforehand. */
  readonly processes: number | undefined;
  readonly limits: PlanLimits;
  /** Look at the provider's list at most this often, in milliseconds. */
  readonly pollIntervalMs: number;
  readonly retireTimeoutMs: number;
  /** A pass goes on without a call to the provider that takes longer than this, in milliseconds. */
  readonly callTimeoutMs: number;
  readonly consoles: Consoles;
  readonly troubles: Troubles;
  readonly unknown: UnknownWorkers;
  readonly restarts: SchedulerRestarts;
  readonly emit: (event: ProgressEvent) => void;
  /** Whether a start waits for the machines, and ends when waiting is of no use. */
  readonly isStarting: () => boolean;
  /** Whether it is ours to make and destroy machines; not while another process looks after the cluster. */
  readonly mayAct: () => Promise<boolean>;
}

const UNSURE =
  "A call for machines failed without an answer. No more are asked for until the cloud's list must show what it made.";
/** Of machines that have given up, found in one pass: as many end a start. */
const MOST_GIVEN_UP = 4;
/** A retirement that replaces a machine does not hold up the rest of the fleet for longer. */
const RENEWAL_TIMEOUT_MS = 30_000;

/**
 * The worker machines: how many there should be, how many there are, and the way from one to the other. The only caller of
 * the provider's verbs while a cluster runs. Passes never overlap, so there is never more than one opinion about what exists.
 */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #nodes: NodeTable;
  readonly #retries = new CreationRetries();
  readonly #lives = new BriefLives();
  readonly #stopped = new AbortController();
  readonly #passes = new SinglePass(() => this.#pass());
  #target = 0;
  #onlyOffered = false;
  #listedAt = Number.NEGATIVE_INFINITY;
  /** Until then, lists may lack what a create call has made that failed or was given up: nothing is made blindly. */
  #blindUntil = Number.NEGATIVE_INFINITY;

  /** Lost machines whose loss was told and counted. */
  readonly #counted = new Set<string>();
  /** No machine that has workers is retired to be replaced before this. */
  #renewAfter = Number.NEGATIVE_INFINITY;
  #schedulerListed = false;
  #schedulerGone = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#nodes = new NodeTable({ processes: options.processes, pausedAfterMs: options.limits.lostAfterMs });
  }

  /** Whether the provider's last list said that the scheduler's machine has stopped, or had it no more. */
  get schedulerGone(): boolean {
    return this.#schedulerGone;
  }

  get target(): number {
    return this.#target;
  }

  /** Machines whose workers are all registered with the scheduler. */
  get joined(): number {
    return this.#nodes.joined;
  }

  /** Machines that there are, joined or not. */
  get size(): number {
    return this.#nodes.size;
  }

  /** Workers on each machine; undefined before that is known. */
  get workersPerMachine(): number | undefined {
    return this.#nodes.workersPerMachine;
  }

  /** Why a caller that waits for machines should not go on waiting. The fleet itself goes on trying. */
  get hopeless(): Error | undefined {
    return this.#target > this.joined ? (this.#retries.hopeless ?? this.#lives.hopeless) : undefined;
  }

  /** Why the cloud gives fewer machines than are wanted, and how often it has said so in a row. */
  get shortage(): { readonly error: Error; readonly attempts: number } | undefined {
    return this.#retries.trouble;
  }

  /** How long until machines that the cloud refused are asked for again, in milliseconds. */
  get nextTryInMs(): number {
    return this.#retries.nextTryInMs;
  }

  /**
   * Sets how many machines there should be.
   *
   * @param onlyOffered never retire a worker that Dask does not offer, even if that leaves more than `workers`
   * @param anew somebody asks for them: earlier failures count no more
   */
  setTarget(
    workers: number,
    { onlyOffered = false, anew = true }: { readonly onlyOffered?: boolean; readonly anew?: boolean } = {},
  ): void {
    this.#target = workers;
    this.#onlyOffered = onlyOffered;
    if (!anew) return;
    this.#retries.askAnew();
    this.#lives.askAnew();
  }

  machineOf(workerName: string): Machine | undefined {
    return this.#nodes.machineOf(workerName);
  }

  /** One step towards the target; resolves after a pass that began after this call. Throws `CLOSED` after {@link stop}. */
  async reconcile(): Promise<void> {
    this.#stopped.signal.throwIfAborted();
    await this.#passes.run();
  }

  /** No pass begins after this, and the one under way has ended: nothing is created any more. */
  async stop(): Promise<void> {
    this.#stopped.abort(new DaskFleetError("CLOSED", "The cluster was closed."));
    await this.#passes.settled();
  }

  /** How far the fleet is, in words. */
  describe(): string {
    const { troubles, unknown, restarts } = this.#options;
    const machines = `${this.size} ${this.size === 1 ? "machine" : "machines"}`;
    return `${this.joined} of ${this.#target} workers joined, ${machines}${unknown.describe()}${restarts.describe()}${troubles.describe()}`;
  }

  /** What the console of a machine said last whose worker is being waited for; empty when none is. */
  async whyWaiting(): Promise<string> {
    const waiting = this.#nodes.views().find(({ joined }) => !joined);
    if (waiting === undefined) return "";
    const end = await this.#options.consoles.tailOf(waiting.machine, this.#stopped.signal);
    return `; waiting for ${waiting.machine.id}${end}`;
  }

  async #pass(): Promise<void> {
    const signal = this.#stopped.signal;
    signal.throwIfAborted();
    await this.#observe(signal);
    const mayAct = await this.#options.mayAct();
    if (mayAct) await this.#hear(signal);
    const plan = planFleet(this.#nodes.views(), this.#target, this.#options.limits);
    if (!mayAct) {
      this.#nodes.forget(plan.lost.map(({ node }) => node.machine));
      return;
    }
    await unlessFollowing(() => this.#act(plan, signal));
  }

  async #act(plan: Plan, signal: AbortSignal): Promise<void> {
    await this.#destroyAgain(signal);
    if (plan.lost.length > 0) await this.#removeLost(plan.lost, signal);
    if (plan.cancel.length > 0) await this.#destroy(plan.cancel, signal);
    this.#options.troubles.tellOf("workers", stuckWorkers(this.#nodes.views(), plan.renew, this.#options.limits));
    if (plan.renew.length > 0) await this.#renew(plan.renew, signal);
    if (plan.retire > 0) await this.#retire(plan.retire, signal);
    await this.#replenish(plan.create, signal);
  }

  /** A call that does not heed the signal is left behind. */
  async #call<T>(what: string, signal: AbortSignal, verb: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await within(what, new Deadline(this.#options.callTimeoutMs, signal), verb);
  }

  async #observe(signal: AbortSignal): Promise<void> {
    const { provider, pollIntervalMs, scheduler, emit } = this.#options;
    if (performance.now() - this.#listedAt >= pollIntervalMs) {
      const askedAt = performance.now();
      const listed = await this.#call("the list of machines", signal, (inner) => provider.list(inner));
      this.#nodes.observeMachines(listed);
      const scheduler = listed.find(({ role }) => role === "scheduler");
      // One that was just made may not be listed yet.
      this.#schedulerGone = scheduler === undefined ? this.#schedulerListed : !isAlive(scheduler);
      this.#schedulerListed ||= scheduler !== undefined;
      this.#listedAt = askedAt;
    }
    const client = scheduler();
    if (client === undefined) return;
    const { scheduler: identity, workers } = await client.overview({ signal }).catch(throwUnreachable);
    const joined = this.#nodes.observeWorkers(workers);
    this.#options.unknown.observe(workers, this.#nodes);
    this.#options.restarts.see(identity, !this.#options.isStarting());
    this.#options.restarts.tell(this.joined, this.#target);
    if (joined.length > 0) this.#lives.joined();
    for (const { workedMs } of this.#nodes.views()) if (workedMs !== undefined) this.#lives.works(workedMs);
    for (const { id } of joined) emit({ type: "machine", change: "joined", id });
  }

  /** Takes in a list of the machines that somebody else has asked for. */
  observe(listed: readonly Machine[]): void {
    this.#nodes.observeMachines(listed);
  }

  /** Whether a machine whose workers have not joined says, or was last seen, that they never will; asks for nothing but consoles. */
  async listen(): Promise<boolean> {
    const { signal } = this.#stopped;
    signal.throwIfAborted();
    const heard = await this.#hear(signal);
    return heard > 0 || this.#nodes.views().some(({ machine }) => !isAlive(machine));
  }

  /** How many machines have given up since the last look. */
  async #hear(signal: AbortSignal): Promise<number> {
    for (let heard = 0; heard < MOST_GIVEN_UP; heard += 1) {
      const awaited = this.#nodes
        .views()
        .filter(({ everJoined, gaveUp, machine }) => !everJoined && gaveUp === undefined && isAlive(machine));
      const found = await this.#options.consoles.look(awaited, signal);
      if (found === undefined) return heard;
      this.#nodes.giveUp(found.of.machine.id, found.gaveUp);
    }
    return MOST_GIVEN_UP;
  }

  /** Makes what is missing, as far as pauses after refusals and after brief lives let it. */
  async #replenish(missing: number, signal: AbortSignal): Promise<void> {
    const { troubles } = this.#options;
    const held = this.#lives.held(this.#target);
    const heldBack = Math.min(held, missing);
    const isTold = this.#options.isStarting() && this.hopeless !== undefined;
    // A start that ends for it tells it, and buys nothing more.
    if (heldBack === 0 || isTold) troubles.over("brief-lives");
    else troubles.tell("brief-lives", this.#lives.describe(heldBack));
    if (missing === 0) {
      this.#retries.succeeded();
      troubles.over("creation");
    }
    if (missing <= held || (isTold && this.#lives.hopeless !== undefined)) return;
    if (this.#listedAt < this.#blindUntil) {
      if (this.#retries.trouble === undefined) troubles.tell("creation", UNSURE);
    } else if (this.#retries.mayTry) await this.#create(missing - held, signal);
  }

  async #create(count: number, signal: AbortSignal): Promise<void> {
    await assertLeading(this.#options);
    try {
      const {
        machines,
        shortfall,
        uncertain = false,
      } = await this.#call("machines to be made", signal, (inner) => this.#options.createWorkers(count, inner));
      this.#nodes.add(machines);
      for (const { id } of machines) this.#options.emit({ type: "machine", change: "created", id });
      if (uncertain) this.#loseSight();
      if (shortfall === undefined) {
        this.#retries.succeeded();
        this.#options.troubles.over("creation");
      } else this.#creationFailed(shortfall, machines.length > 0);
    } catch (error) {
      signal.throwIfAborted();
      this.#loseSight();
      this.#creationFailed(asError(error), false);
    }
  }

  #creationFailed(error: Error, gaveSome: boolean): void {
    this.#retries.failed(error, gaveSome);
    const { attempts = 1 } = this.#retries.trouble ?? {};
    const next = seconds(Math.round(this.#retries.nextTryInMs / 100) * 100);
    this.#options.troubles.tell(
      "creation",
      `${this.size} of ${this.#target} machines: ${messageOf(error)} (refused ${attempts} ${attempts === 1 ? "time" : "times"} in a row; the next try is in ${next})`,
    );
  }

  /** Machines may have been made that nobody has told of. */
  #loseSight(): void {
    this.#blindUntil = performance.now() + this.#options.limits.listLagMs;
    this.#listedAt = Number.NEGATIVE_INFINITY;
  }

  async #removeLost(lost: readonly LostNode[], signal: AbortSignal): Promise<void> {
    for (const each of lost) await this.#countLoss(each, signal);
    await this.#destroy(
      lost.map(({ node }) => node),
      signal,
    );
  }

  /** Once for each machine, also where its deletion is refused and tried again. */
  async #countLoss({ node, reason }: LostNode, signal: AbortSignal): Promise<void> {
    const { machine, gaveUp, workedMs } = node;
    if (this.#counted.has(machine.id)) return;
    this.#counted.add(machine.id);
    this.#options.emit({ type: "machine", change: "lost", id: machine.id, reason });
    const { consoles } = this.#options;
    // The console of a machine that worked says nothing of why others would not.
    const log = gaveUp?.log ?? (workedMs === undefined ? await consoles.text(machine, signal) : "");
    const what = `Worker machine ${machine.id}: ${reason}${this.#options.unknown.describe()}.`;
    const error = new DaskFleetError("START_FAILED", [what, ...linesIn(consoles.endOf(log))]);
    // Its machines say nothing of what others would do.
    if (this.#options.restarts.explainsLoss(workedMs)) return;
    const life = { workedMs, reason: error, gaveUp: gaveUp !== undefined, hopeless: consoles.saysHopeless(log) };
    this.#lives.lost(life, this.#target);
  }

  /** Replaces machines that have workers, and never the data of one that works: what cannot be retired keeps its machine. */
  async #renew(renew: readonly LostNode[], signal: AbortSignal): Promise<void> {
    const { limits, retireTimeoutMs } = this.#options;
    const client = this.#options.scheduler();
    if (client === undefined || performance.now() < this.#renewAfter) return;
    this.#renewAfter = performance.now() + Math.min(RENEWAL_TIMEOUT_MS, limits.stuckAfterMs);
    await assertLeading(this.#options);
    const nodes = renew.map(({ node }) => node);
    const timeoutMs = Math.min(RENEWAL_TIMEOUT_MS, retireTimeoutMs);
    const released = await retireWorkersOf(client, this.#nodes, nodes, { force: false, timeoutMs, signal }).catch(
      (error: unknown) => {
        signal.throwIfAborted();
        if (error instanceof DaskFleetError && error.code === "TIMEOUT") return [];
        throw error;
      },
    );
    const done = new Set(released);
    const lost = renew.filter(({ node }) => done.has(node) || (node.idleMs ?? 0) > 2 * limits.stuckAfterMs);
    for (const each of lost) await this.#countLoss(each, signal);
    await this.#destroy(
      lost.map(({ node }) => node),
      signal,
    );
  }

  async #retire(count: number, signal: AbortSignal): Promise<void> {
    const client = this.#options.scheduler();
    if (client === undefined) return;
    await assertLeading(this.#options);
    const working = this.#nodes.views().filter(({ registered, everJoined }) => registered > 0 || everJoined);
    const retired = await retireNodes(client, this.#nodes, working, {
      count,
      force: this.#target === 0 && !this.#onlyOffered,
      onlyOffered: this.#onlyOffered,
      timeoutMs: this.#options.retireTimeoutMs,
      signal,
    });
    for (const { machine } of retired) this.#options.emit({ type: "machine", change: "retired", id: machine.id });
    await this.#destroy(retired, signal);
  }

  async #destroy(nodes: readonly NodeView[], signal: AbortSignal): Promise<void> {
    if (nodes.length === 0) return;
    const machines = nodes.map(({ machine }) => machine);
    await this.#destroyMachines(
      machines.filter(({ state }) => state !== "ending"),
      signal,
    );
    this.#nodes.forget(machines);
    for (const { id } of machines) this.#counted.delete(id);
    for (const { id } of machines) this.#options.emit({ type: "machine", change: "destroyed", id });
  }

  /** A deletion that the provider has accepted can fail later, and the machine would be paid for without anybody knowing. */
  async #destroyAgain(signal: AbortSignal): Promise<void> {
    const undead = this.#nodes.undead(this.#options.limits.listLagMs);
    await this.#destroyMachines(undead, signal);
    this.#nodes.forget(undead);
  }

  async #destroyMachines(machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    if (machines.length === 0) return;
    await assertLeading(this.#options);
    await this.#call("machines to be destroyed", signal, (inner) => this.#options.provider.destroy(machines, inner));
  }
}
