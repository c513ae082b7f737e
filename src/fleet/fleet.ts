import type { Membership } from "../dask/agent/membership-watcher.ts";
import type { NoticeEvent } from "../dask/agent/notice.ts";
import { throwUnreachable } from "../dask/dask-errors.ts";
import type { SchedulerClient } from "../dask/scheduler-client.ts";
import { Deadline } from "../deadline.ts";
import { DaskFleetError } from "../errors.ts";
import { type Machine, isAlive } from "../provider/machine.ts";
import { type GroupSizes, groupNamed } from "../provider/worker-group.ts";
import { printableName } from "../text/printable.ts";
import { sleep, within } from "../wait.ts";
import { tellBooted } from "./booted.ts";
import { Cadence, type ListKind, type Situation } from "./cadence.ts";
import type { FleetOptions, Shared } from "./fleet-options.ts";
import { GroupFleet } from "./group-fleet.ts";
import { assertLeading, unlessFollowing } from "./leading.ts";
import { NodeTable } from "./node-table.ts";
import { Notices } from "./notices.ts";
import { SinglePass } from "./single-pass.ts";
import type { WorkersBeside } from "./workers-beside.ts";

/** The most machines with a gave-up marker to find in one pass: this many end a start. */
const MOST_GIVEN_UP = 4;
/** With several groups, a pass waits no longer for a slow one: its step continues during later passes. */
const LONGEST_STEP_MS = 1000;

/**
 * The worker machines of all groups. Each pass reads the provider's list and the scheduler's workers once, then each group takes a step.
 * Only the fleet calls the provider's verbs while a cluster runs. Passes never overlap, nor do the steps of a group.
 */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #nodes: NodeTable;
  readonly #groups: ReadonlyMap<string, GroupFleet>;
  readonly #stopped = new AbortController();
  readonly #passes = new SinglePass(() => this.#pass());
  readonly #cadence: Cadence;
  /** Workers on none of the cluster's machines. */
  #strangers = 0;
  readonly #notices: Notices;
  /** Whether the scheduler did not answer in the last pass. */
  #isUnreachable = false;
  #schedulerListed = false;
  #schedulerGone = false;
  /** Machines of unknown groups, reported once. */
  readonly #ungrouped = new Set<string>();

  constructor(options: FleetOptions) {
    this.#options = options;
    const { groups, limits } = options;
    const processes = new Map(groups.map((group) => [group.name, group.processes]));
    this.#nodes = new NodeTable({ processesOf: (name) => processes.get(name), pausedAfterMs: limits.lostAfterMs });
    this.#cadence = new Cadence({ pollIntervalMs: options.pollIntervalMs });
    const shared: Shared = {
      ...options,
      nodes: this.#nodes,
      call: (what, signal, verb) => this.#call(what, signal, verb),
      destroyMachines: (machines, signal) => this.#destroyMachines(machines, signal),
      cadence: this.#cadence,
    };
    this.#groups = new Map(groups.map((group) => [group.name, new GroupFleet(group, shared)]));
    const onWithdrawn = (id: string): void => this.#groups.get(this.#nodes.groupOf(id) ?? "")?.keep(id);
    this.#notices = new Notices({ nodes: this.#nodes, emit: options.emit, onWithdrawn });
  }

  /** Whether the scheduler's machine is stopped in the last list, or missing from it. */
  get schedulerGone(): boolean {
    return this.#schedulerGone;
  }

  get groups(): readonly GroupFleet[] {
    return [...this.#groups.values()];
  }

  /** @throws DaskFleetError `CONFIG_INVALID` for an unknown group */
  group(name: string): GroupFleet {
    return groupNamed(name, this.groups);
  }

  /** The target of all groups together. */
  get target(): number {
    return this.#sum(({ target }) => target);
  }

  /** Machines whose workers are all registered with the scheduler. */
  get joined(): number {
    return this.#sum(({ joined }) => joined);
  }

  /** Existing machines, joined or not. */
  get size(): number {
    return this.#sum(({ size }) => size);
  }

  #sum(of: (group: GroupFleet) => number): number {
    return this.groups.reduce((sum, group) => sum + of(group), 0);
  }

  /** The workers on the scheduler's own machine, if it has some. */
  get beside(): WorkersBeside | undefined {
    return this.#options.beside;
  }

  /** Sets the targets of some groups; others keep theirs. As {@link GroupFleet.setTarget}. */
  setTarget(sizes: GroupSizes, how?: Parameters<GroupFleet["setTarget"]>[1]): void {
    for (const [name, workers] of Object.entries(sizes)) this.group(name).setTarget(workers, how);
  }

  /** A worker's machine and the machine's group; undefined for a worker on none of the cluster's machines. The scheduler's has no group. */
  placeOf(workerName: string): { readonly machineId: string | undefined; readonly group: string | undefined } {
    const { beside } = this.#options;
    if (beside?.owns(workerName) === true) return { machineId: beside.machineId, group: undefined };
    const machineId = this.#nodes.machineOf(workerName)?.id;
    return { machineId, group: machineId === undefined ? undefined : this.#nodes.groupOf(machineId) };
  }

  /** One step towards the target; resolves after a pass that began after this call. Throws `CLOSED` after {@link stop}. */
  async reconcile(): Promise<void> {
    this.#stopped.signal.throwIfAborted();
    await this.#passes.run();
  }

  /** Stops passes and waits for the one under way: nothing is created after this. */
  async stop(): Promise<void> {
    this.#stopped.abort(new DaskFleetError("CLOSED", "The cluster was closed."));
    await this.#passes.settled();
    await Promise.all(this.groups.map((group) => group.settled()));
  }

  /** A summary of sizes and present troubles. */
  describe(): string {
    const { troubles, unknown, restarts, beside } = this.#options;
    const groups = this.groups.map((group) => group.describe()).join("; ");
    return `${groups}${beside?.describe() ?? ""}${unknown.describe()}${restarts.describe()}${troubles.describe()}`;
  }

  /**
   * The console output (last lines) of a machine that has not joined; empty when all have.
   *
   * @param groups those that matter. Default: all
   */
  async whyWaiting(groups: readonly Pick<GroupFleet, "name">[] = this.groups): Promise<string> {
    const waiting = groups.flatMap(({ name }) => this.#nodes.views(name)).find(({ joined }) => !joined);
    if (waiting === undefined) return (await this.#options.beside?.whyWaiting(this.#stopped.signal)) ?? "";
    const end = await this.#options.consoles.tailOf(waiting.machine, this.#stopped.signal);
    return `; waiting for ${waiting.machine.id}${end}`;
  }

  async #pass(): Promise<void> {
    const signal = this.#stopped.signal;
    signal.throwIfAborted();
    await this.#observe(signal);
    const mayAct = await this.#options.mayAct();
    if (mayAct) {
      await this.#hear(signal);
      await this.#options.beside?.hear(signal);
    }
    const free = this.groups.filter(({ isBusy }) => !isBusy);
    if (!mayAct) {
      for (const group of free) this.#nodes.forget(group.plan().lost.map(({ node }) => node.machine));
      return;
    }
    await unlessFollowing(() => this.#destroyAgain(signal));
    for (const group of free) group.begin(signal);
    await this.#settled(free);
    // Machines that were just created may have joined meanwhile.
    this.see();
    const [failure] = this.groups.flatMap((group) => group.takeFailure() ?? []);
    if (failure !== undefined) throw failure.error;
  }

  async #settled(groups: readonly GroupFleet[]): Promise<void> {
    const all = Promise.all(groups.map((group) => group.settled()));
    if (this.#groups.size === 1) {
      await all;
      return;
    }
    const done = new AbortController();
    const longEnough = sleep(LONGEST_STEP_MS, done.signal, { ref: false }).catch(() => undefined);
    await Promise.race([all, longEnough]);
    done.abort();
  }

  async #call<T>(what: string, signal: AbortSignal, verb: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await within(what, new Deadline(this.#options.callTimeoutMs, signal), verb);
  }

  async #observe(signal: AbortSignal): Promise<void> {
    const { scheduler, unknown, restarts, isStarting, limits, beside } = this.#options;
    const client = scheduler();
    const seen = client === undefined ? undefined : await this.#look(client, signal);
    if (seen !== undefined && !("error" in seen)) this.#seeWorkers(seen);
    const kind = this.#cadence.due(this.#situation);
    if (kind !== undefined) {
      await this.#list(kind, signal);
      if (seen !== undefined && !("error" in seen)) this.#seeWorkers(seen);
    }
    if (seen === undefined) return;
    if ("error" in seen) throw seen.error;
    if (unknown.observe(this.#elsewhere(seen), this.#nodes)) {
      this.#cadence.requireAll();
      this.#cadence.requireAll(performance.now() + limits.listLagMs);
    }
    restarts.see(seen.scheduler, !isStarting());
    const [there, wanted] = beside === undefined ? [0, 0] : [beside.isWhole ? 1 : 0, 1];
    restarts.tell(this.joined + there, this.target + wanted);
    for (const group of this.groups) group.sawWork();
  }

  /** The scheduler's workers, or why it does not answer: then its machine may be gone, and only a full list shows that. */
  async #look(client: SchedulerClient, signal: AbortSignal): Promise<Membership | { readonly error: unknown }> {
    try {
      const seen = this.#options.membership?.() ?? (await client.overview({ signal }).catch(throwUnreachable));
      this.#isUnreachable = false;
      return seen;
    } catch (error) {
      signal.throwIfAborted();
      if (!this.#isUnreachable) this.#cadence.alarm();
      this.#isUnreachable = true;
      this.#cadence.requireAll();
      return { error };
    }
  }

  /** The workers that are not on the scheduler's own machine. */
  #elsewhere({ workers }: Membership): Membership["workers"] {
    return this.#options.beside?.observe(workers) ?? workers;
  }

  #seeWorkers(membership: Membership): void {
    const workers = this.#elsewhere(membership);
    const { joined, lost } = this.#nodes.observeWorkers(workers);
    this.#strangers = workers.filter(({ name }) => !this.#nodes.knows(name)).length;
    if (lost.length > 0) this.#cadence.alarm();
    for (const machine of joined) this.#groups.get(this.#nodes.groupOf(machine.id) ?? "")?.sawJoined(machine);
  }

  async #list(kind: ListKind, signal: AbortSignal): Promise<void> {
    const { provider } = this.#options;
    const askedAt = performance.now();
    const notRunning = kind === "not-running";
    const listed = await this.#call("the list of machines", signal, (inner) => provider.list(inner, { notRunning }));
    if (this.#nodes.observeMachines(listed, kind)) this.#cadence.changed();
    tellBooted(this.#nodes, this.#options.emit);
    this.#notices.hearAgain();
    const scheduler = listed.find(({ role }) => role === "scheduler");
    // A new machine may not be listed yet.
    if (scheduler !== undefined) this.#schedulerGone = !isAlive(scheduler);
    else if (kind === "all") this.#schedulerGone = this.#schedulerListed;
    this.#schedulerListed ||= scheduler !== undefined;
    this.#cadence.listed(kind, askedAt);
    this.#warnOfUngrouped();
  }

  get #situation(): Situation {
    const isCalm = !this.#isUnreachable && this.groups.every((group) => group.isCalm) && !this.#nodes.isDeciding;
    return { isCalm, size: this.size };
  }

  /** The time until a pass has something to do, in milliseconds: 0 unless all is well. Joins and losses that the agent tells end it. */
  get restMs(): number {
    const { membership, restarts, unknown, beside } = this.#options;
    const situation = this.#situation;
    const isDeciding = unknown.isDeciding || beside?.isDeciding === true;
    const isSure = restarts.isWhole && this.#strangers === unknown.count && !isDeciding;
    const mayRest = situation.isCalm && isSure && membership?.() !== undefined;
    return mayRest ? this.#cadence.dueInMs(situation) : 0;
  }

  /** Takes in at once what the agent tells; the next pass acts on it. */
  see(): void {
    const membership = this.#options.membership?.();
    if (membership !== undefined && !this.#stopped.signal.aborted) this.#seeWorkers(membership);
  }

  /** Takes in a spot notice of a machine, or its end; the next pass acts on it. */
  notice(event: NoticeEvent): void {
    this.#notices.hear(event);
    this.#cadence.changed();
  }

  /** The worker machine of a node's name, as last listed. */
  machineNamed(nodeName: string): Machine | undefined {
    return this.#nodes.named(nodeName);
  }

  /** Whether the provider has accepted that machine's deletion. */
  hasDestroyed(id: string): boolean {
    return this.#nodes.hasDestroyed(id);
  }

  /** Has a machine replaced that is not to be trusted any more. */
  suspect(machine: Machine, reason: string): void {
    this.#nodes.suspect(machine.id, reason);
    this.#cadence.changed();
  }

  /** Warns of machines with the tag of an unknown group. They have no target, and are removed with the cluster. */
  #warnOfUngrouped(): void {
    for (const { machine } of this.#nodes.views()) {
      const group = this.#nodes.groupOf(machine.id) ?? "";
      if (this.#groups.has(group) || this.#ungrouped.has(machine.id)) continue;
      this.#ungrouped.add(machine.id);
      const message = `Machine ${printableName(machine.id)} has the tag of an unknown worker group, ${printableName(group)}: it is neither replaced nor scaled down.`;
      this.#options.emit({ type: "warning", message });
    }
  }

  /** Takes in a list of some machines that another component requested. */
  observeSome(listed: readonly Machine[]): void {
    this.#nodes.observeSome(listed);
    tellBooted(this.#nodes, this.#options.emit);
  }

  /** Whether a machine has given up before it joined, by its console or its last state. Reads consoles only. */
  async listen(): Promise<boolean> {
    const { signal } = this.#stopped;
    signal.throwIfAborted();
    const heard = await this.#hear(signal);
    return heard > 0 || this.#nodes.hasEnded;
  }

  /** The number of machines that gave up since the last call. */
  async #hear(signal: AbortSignal): Promise<number> {
    for (let heard = 0; heard < MOST_GIVEN_UP; heard += 1) {
      const found = await this.#options.consoles.look(this.#nodes.awaited(), signal);
      if (found === undefined) return heard;
      this.#nodes.giveUp(found.of.machine.id, found.gaveUp);
    }
    return MOST_GIVEN_UP;
  }

  /** Repeats accepted deletions that had no effect: such a machine would still cost money. */
  async #destroyAgain(signal: AbortSignal): Promise<void> {
    const undead = this.#nodes.undead(this.#options.limits.listLagMs);
    await this.#destroyMachines(undead, signal);
    this.#nodes.forget(undead);
  }

  async #destroyMachines(machines: readonly Machine[], signal: AbortSignal): Promise<void> {
    if (machines.length === 0) return;
    await assertLeading(this.#options);
    await this.#call("the deletion of machines", signal, (inner) => this.#options.provider.destroy(machines, inner));
  }
}
