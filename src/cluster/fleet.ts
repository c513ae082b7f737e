import type { SchedulerClient } from "../dask/scheduler-client.ts";
import { Deadline } from "../deadline.ts";
import { DaskFleetError, messageOf } from "../errors.ts";
import { tail } from "../text.ts";
import { within } from "../wait.ts";
import type { Consoles } from "./consoles.ts";
import { FailureBudget } from "./failure-budget.ts";
import { type CreatedMachines, isAlive, type Machine, type MachineProvider } from "./machine.ts";
import { NodeTable } from "./node-table.ts";
import { type LostNode, type NodeView, planFleet, type PlanLimits } from "./plan.ts";
import type { ProgressEvent } from "./progress.ts";
import { retireNodes } from "./retire.ts";
import { SinglePass } from "./single-pass.ts";

export interface FleetOptions {
  readonly provider: MachineProvider;
  /** Makes `count` worker machines. */
  readonly createWorkers: (count: number, signal: AbortSignal) => Promise<CreatedMachines>;
  /** Undefined until the scheduler is up. */
  readonly scheduler: () => SchedulerClient | undefined;
  /** Workers (processes) on each machine. */
  readonly processes: number;
  readonly limits: PlanLimits;
  /** Look at the provider's list at most this often, in milliseconds. */
  readonly pollIntervalMs: number;
  readonly retireTimeoutMs: number;
  /** A pass goes on without a call to the provider that takes longer than this, in milliseconds. */
  readonly callTimeoutMs: number;
  readonly consoles: Consoles;
  readonly emit: (event: ProgressEvent) => void;
  /** Whether it is ours to make and destroy machines; not while another process looks after the cluster. */
  readonly mayAct: () => Promise<boolean>;
}

/** Of machines that have given up, found in one pass: as many are too many in a row. */
const MOST_FAREWELLS = 4;

/**
 * The worker machines: how many there should be, how many there are, and the way from one to the other. The only caller of
 * the provider's verbs while a cluster runs. Passes never overlap, so there is never more than one opinion about what exists.
 */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #nodes = new NodeTable();
  readonly #budget = new FailureBudget();
  readonly #stopped = new AbortController();
  readonly #passes = new SinglePass(() => this.#pass());
  #target = 0;
  #onlyOffered = false;
  #listedAt = Number.NEGATIVE_INFINITY;
  /** Until then, lists may lack what a create call has made that failed or was given up: nothing is made blindly. */
  #blindUntil = Number.NEGATIVE_INFINITY;

  #schedulerListed = false;
  #schedulerGone = false;

  constructor(options: FleetOptions) {
    this.#options = options;
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

  /** Why no more machines are made, after too many failures in a row. */
  get gaveUp(): Error | undefined {
    return this.#budget.exhaustedBy;
  }

  get lastFailure(): Error | undefined {
    return this.#budget.last;
  }

  /**
   * Sets how many machines there should be, and forgives earlier failures.
   *
   * @param onlyOffered never retire a worker that Dask does not offer, even if that leaves more than `workers`
   */
  setTarget(workers: number, { onlyOffered = false }: { readonly onlyOffered?: boolean } = {}): void {
    this.#target = workers;
    this.#onlyOffered = onlyOffered;
    this.#budget.reset();
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
    const failure = this.lastFailure === undefined ? "" : `; last trouble: ${this.lastFailure.message}`;
    return `${this.joined} of ${this.#target} workers joined, ${this.size} machines${failure}`;
  }

  /** What the console of a machine said last whose worker is being waited for; empty when none is. */
  async whyWaiting(): Promise<string> {
    const waiting = this.#nodes.views().find(({ joined }) => !joined);
    if (waiting === undefined) return "";
    const lastWords = await this.#options.consoles.lastWords(waiting.machine, this.#stopped.signal);
    return `; waiting for ${waiting.machine.id}${lastWords}`;
  }

  async #pass(): Promise<void> {
    const signal = this.#stopped.signal;
    signal.throwIfAborted();
    await this.#observe(signal);
    const mayAct = await this.#options.mayAct();
    if (mayAct) await this.#hearFarewells(signal);
    const plan = planFleet(this.#nodes.views(), this.#target, this.#options.limits);
    if (!mayAct) {
      this.#nodes.forget(plan.lost.map(({ node }) => node.machine));
      return;
    }
    await this.#destroyAgain(signal);
    if (plan.lost.length > 0) await this.#removeLost(plan.lost, signal);
    if (plan.cancel.length > 0) await this.#destroy(plan.cancel, signal);
    if (plan.retire > 0) await this.#retire(plan.retire, signal);
    const seesAll = this.#listedAt >= this.#blindUntil;
    if (plan.create > 0 && seesAll && this.#budget.mayTry) await this.#create(plan.create, signal);
  }

  /** A call that does not heed the signal is left behind. */
  async #call<T>(what: string, signal: AbortSignal, verb: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await within(what, new Deadline(this.#options.callTimeoutMs, signal), verb);
  }

  async #observe(signal: AbortSignal): Promise<void> {
    const { provider, pollIntervalMs, scheduler, processes, emit } = this.#options;
    if (performance.now() - this.#listedAt >= pollIntervalMs) {
      const askedAt = performance.now();
      const listed = await this.#call("the list of machines", signal, (inner) => provider.listMachines(inner));
      this.#nodes.observeMachines(listed);
      const scheduler = listed.find(({ role }) => role === "scheduler");
      // One that was just made may not be listed yet.
      this.#schedulerGone = scheduler === undefined ? this.#schedulerListed : !isAlive(scheduler);
      this.#schedulerListed ||= scheduler !== undefined;
      this.#listedAt = askedAt;
    }
    const client = scheduler();
    if (client === undefined) return;
    const workers = await client.workers({ signal });
    const joined = this.#nodes.observeWorkers(
      workers.map(({ name }) => name),
      processes,
    );
    if (joined.length > 0) this.#budget.reset();
    for (const { id } of joined) emit({ type: "machine", change: "joined", id });
  }

  /** Whether one of the machines whose workers have never joined says that they never will. */
  async #hearFarewells(signal: AbortSignal): Promise<void> {
    for (let heard = 0; heard < MOST_FAREWELLS; heard += 1) {
      const awaited = this.#nodes
        .views()
        .filter(({ everJoined, farewell, machine }) => !everJoined && farewell === undefined && isAlive(machine));
      const found = await this.#options.consoles.look(awaited, signal);
      if (found === undefined) return;
      this.#nodes.bidFarewell(found.of.machine.id, found.farewell);
    }
  }

  async #create(count: number, signal: AbortSignal): Promise<void> {
    try {
      const {
        machines,
        shortfall,
        uncertain = false,
      } = await this.#call("machines to be made", signal, (inner) => this.#options.createWorkers(count, inner));
      this.#nodes.add(machines);
      for (const { id } of machines) this.#options.emit({ type: "machine", change: "created", id });
      if (uncertain) this.#loseSight();
      if (shortfall !== undefined) this.#budget.failed(shortfall);
    } catch (error) {
      signal.throwIfAborted();
      this.#loseSight();
      this.#budget.failed(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }

  /** Machines may have been made that nobody has told of. */
  #loseSight(): void {
    this.#blindUntil = performance.now() + this.#options.limits.listLagMs;
    this.#listedAt = Number.NEGATIVE_INFINITY;
  }

  async #removeLost(lost: readonly LostNode[], signal: AbortSignal): Promise<void> {
    for (const { node, reason } of lost) {
      const { id } = node.machine;
      this.#options.emit({ type: "machine", change: "lost", id, reason });
      if (!node.everJoined) this.#budget.failed(await this.#neverJoined(node, reason, signal));
    }
    await this.#destroy(
      lost.map(({ node }) => node),
      signal,
    );
  }

  async #neverJoined({ machine, farewell }: NodeView, reason: string, signal: AbortSignal): Promise<DaskFleetError> {
    const { consoles } = this.#options;
    const lastWords = farewell === undefined ? await consoles.lastWords(machine, signal) : tail(farewell.log);
    return new DaskFleetError("START_FAILED", `Worker machine ${machine.id}: ${reason}.${lastWords}`);
  }

  async #retire(count: number, signal: AbortSignal): Promise<void> {
    const client = this.#options.scheduler();
    if (client === undefined) return;
    const working = this.#nodes.views().filter(({ everJoined }) => everJoined);
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
    await this.#call("machines to be destroyed", signal, (inner) =>
      this.#options.provider.destroyMachines(machines, inner),
    );
  }
}
