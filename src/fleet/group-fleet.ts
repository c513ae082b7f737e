import { seconds } from "../deadline.ts";
import { DaskFleetError, asError, messageOf } from "../errors.ts";
import type { MachineChange } from "../progress.ts";
import type { Machine } from "../provider/machine.ts";
import { DEFAULT_GROUP, withinBounds } from "../provider/worker-group.ts";
import { linesIn } from "../text/text.ts";
import { BriefLives } from "./brief-lives.ts";
import { CreationRetries } from "./creation-retries.ts";
import type { FleetGroup, Shared } from "./fleet-options.ts";
import { assertLeading, unlessFollowing } from "./leading.ts";
import { type LostNode, type NodeView, type Plan, planFleet } from "./plan.ts";
import { retireNodes, retireWorkersOf } from "./retire.ts";
import { stuckWorkers } from "./stuck-workers.ts";

const UNSURE =
  "A call for machines failed without an answer. No more are asked for until the cloud's list must show what it made.";
/** A retirement that replaces a machine does not hold up the rest of the fleet for longer. */
const RENEWAL_TIMEOUT_MS = 30_000;

/**
 * The machines of one group of workers: how many there should be, and the way there. Refusals, brief lives and troubles are the
 * group's own, and what it does touches no machine of another.
 */
export class GroupFleet {
  readonly #group: FleetGroup;
  readonly #shared: Shared;
  readonly #retries = new CreationRetries();
  readonly #lives = new BriefLives();
  #target = 0;
  #onlyOffered = false;
  /** Until then, lists may lack what a create call has made that failed or was given up: nothing is made blindly. */
  #blindUntil = Number.NEGATIVE_INFINITY;
  /** Lost machines whose loss was told and counted. */
  readonly #counted = new Set<string>();
  /** No machine that has workers is retired to be replaced before this. */
  #renewAfter = Number.NEGATIVE_INFINITY;
  #step: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(group: FleetGroup, shared: Shared) {
    this.#group = group;
    this.#shared = shared;
  }

  get name(): string {
    return this.#group.name;
  }

  get target(): number {
    return this.#target;
  }

  /** Machines whose workers are all registered with the scheduler. */
  get joined(): number {
    return this.#shared.nodes.joinedOf(this.name);
  }

  /** Machines that there are, joined or not. */
  get size(): number {
    return this.#shared.nodes.sizeOf(this.name);
  }

  /** Workers on each machine; undefined before that is known. */
  get workersPerMachine(): number | undefined {
    return this.#shared.nodes.workersPerMachine(this.name);
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
   * Sets how many machines there should be, within the group's bounds. None is always possible: who removes a cluster says so.
   *
   * @param onlyOffered never retire a worker that Dask does not offer, even if that leaves more than `workers`
   * @param anew somebody asks for them: earlier failures count no more
   */
  setTarget(
    workers: number,
    { onlyOffered = false, anew = true }: { readonly onlyOffered?: boolean; readonly anew?: boolean } = {},
  ): void {
    this.#target = workers === 0 ? 0 : withinBounds(workers, this.#group);
    this.#onlyOffered = onlyOffered;
    if (!anew) return;
    this.#retries.askAnew();
    this.#lives.askAnew();
  }

  /** How far the group is, in words. */
  describe(): string {
    const machines = `${this.size} ${this.size === 1 ? "machine" : "machines"}`;
    return `${this.isNamed ? `${this.name}: ` : ""}${this.joined} of ${this.#target} workers joined, ${machines}`;
  }

  /** Whether messages name the group. Where there is no other than `default`, nobody needs to know of groups. */
  get isNamed(): boolean {
    return this.#shared.groups.length > 1 || this.name !== DEFAULT_GROUP;
  }

  #said(sentence: string): string {
    return this.isNamed ? `Group ${this.name}: ${sentence}` : sentence;
  }

  /** A machine of the group has joined. */
  sawJoined({ id }: Machine): void {
    this.#lives.joined();
    this.#tell("joined", id);
  }

  /** What the machines' age says of the rate at which others may be replaced. */
  sawWork(): void {
    for (const { workedMs } of this.#views()) if (workedMs !== undefined) this.#lives.works(workedMs);
  }

  plan(): Plan {
    return planFleet(this.#views(), this.#target, this.#shared.limits);
  }

  /** Whether a step of an earlier pass is still under way: nothing is decided for the group before its end. */
  get isBusy(): boolean {
    return this.#step !== undefined;
  }

  /** Begins a step towards the target. */
  begin(signal: AbortSignal): void {
    this.#step = unlessFollowing(() => this.#act(this.plan(), signal))
      .catch((error: unknown) => (this.#failure = { error }))
      .then(() => (this.#step = undefined));
  }

  /** Resolves when the step under way, if there is one, has come to its end, well or not. */
  async settled(): Promise<void> {
    await this.#step;
  }

  /** What a step has failed for, told once. */
  takeFailure(): { readonly error: unknown } | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  async #act(plan: Plan, signal: AbortSignal): Promise<void> {
    const { troubles, limits } = this.#shared;
    if (plan.lost.length > 0) await this.#removeLost(plan.lost, signal);
    if (plan.cancel.length > 0) await this.#destroy(plan.cancel, signal);
    const stuck = stuckWorkers(this.#views(), plan.renew, limits);
    troubles.tellOf("workers", stuck === undefined ? undefined : this.#said(stuck), { group: this.name });
    if (plan.renew.length > 0) await this.#renew(plan.renew, signal);
    if (plan.retire > 0) await this.#retire(plan.retire, signal);
    await this.#replenish(plan.create, signal);
  }

  #views(): readonly NodeView[] {
    return this.#shared.nodes.views(this.name);
  }

  #tell(change: MachineChange, id: string, reason?: string): void {
    const { emit } = this.#shared;
    emit({ type: "machine", change, id, group: this.name, ...(reason === undefined ? {} : { reason }) });
  }

  /** Makes what is missing, as far as pauses after refusals and after brief lives let it. */
  async #replenish(missing: number, signal: AbortSignal): Promise<void> {
    const { troubles, isStarting, listedAt } = this.#shared;
    const about = { group: this.name };
    const held = this.#lives.held(this.#target);
    const heldBack = Math.min(held, missing);
    const isTold = isStarting() && this.hopeless !== undefined;
    // A start that ends for it tells it, and buys nothing more.
    if (heldBack === 0 || isTold) troubles.over("brief-lives", this.name);
    else troubles.tell("brief-lives", this.#said(this.#lives.describe(heldBack)), about);
    if (missing === 0) {
      this.#retries.succeeded();
      troubles.over("creation", this.name);
    }
    if (missing <= held || (isTold && this.#lives.hopeless !== undefined)) return;
    if (listedAt() < this.#blindUntil) {
      if (this.#retries.trouble === undefined) troubles.tell("creation", this.#said(UNSURE), about);
    } else if (this.#retries.mayTry) await this.#create(missing - held, signal);
  }

  async #create(count: number, signal: AbortSignal): Promise<void> {
    const { nodes, troubles, call } = this.#shared;
    await assertLeading(this.#shared);
    try {
      const {
        machines,
        shortfall,
        uncertain = false,
      } = await call("machines to be made", signal, (inner) => this.#group.create(count, inner));
      nodes.add(machines, this.name);
      for (const { id } of machines) this.#tell("created", id);
      if (uncertain) this.#loseSight();
      if (shortfall === undefined) {
        this.#retries.succeeded();
        troubles.over("creation", this.name);
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
    const words = `${this.size} of ${this.#target} machines: ${messageOf(error)} (refused ${attempts} ${attempts === 1 ? "time" : "times"} in a row; the next try is in ${next})`;
    this.#shared.troubles.tell("creation", this.#said(words), { group: this.name });
  }

  /** Machines may have been made that nobody has told of. */
  #loseSight(): void {
    this.#blindUntil = performance.now() + this.#shared.limits.listLagMs;
    this.#shared.listAgain();
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
    this.#tell("lost", machine.id, reason);
    const { consoles, unknown, restarts } = this.#shared;
    // The console of a machine that worked says nothing of why others would not.
    const log = gaveUp?.log ?? (workedMs === undefined ? await consoles.text(machine, signal) : "");
    const what = `Worker machine ${machine.id}: ${reason}${unknown.describe()}.`;
    const error = new DaskFleetError("START_FAILED", [what, ...linesIn(consoles.endOf(log))]);
    // Its machines say nothing of what others would do.
    if (restarts.explainsLoss(workedMs)) return;
    const life = { workedMs, reason: error, gaveUp: gaveUp !== undefined, hopeless: consoles.saysHopeless(log) };
    this.#lives.lost(life, this.#target);
  }

  /** Replaces machines that have workers, and never the data of one that works: what cannot be retired keeps its machine. */
  async #renew(renew: readonly LostNode[], signal: AbortSignal): Promise<void> {
    const { limits, retireTimeoutMs, nodes } = this.#shared;
    const client = this.#shared.scheduler();
    if (client === undefined || performance.now() < this.#renewAfter) return;
    this.#renewAfter = performance.now() + Math.min(RENEWAL_TIMEOUT_MS, limits.stuckAfterMs);
    await assertLeading(this.#shared);
    const worn = renew.map(({ node }) => node);
    const timeoutMs = Math.min(RENEWAL_TIMEOUT_MS, retireTimeoutMs);
    const released = await retireWorkersOf(client, nodes, worn, { force: false, timeoutMs, signal }).catch(
      (error: unknown) => {
        signal.throwIfAborted();
        if (error instanceof DaskFleetError && error.code === "TIMEOUT") return [];
        throw error;
      },
    );
    const done = new Set(released);
    const lost = renew.filter(({ node }) => done.has(node) || (node.idleMs ?? 0) > 2 * limits.stuckAfterMs);
    await this.#removeLost(lost, signal);
  }

  async #retire(count: number, signal: AbortSignal): Promise<void> {
    const { nodes, retireTimeoutMs } = this.#shared;
    const client = this.#shared.scheduler();
    if (client === undefined) return;
    await assertLeading(this.#shared);
    const working = this.#views().filter(({ registered, everJoined }) => registered > 0 || everJoined);
    const own = new Set(working.map(({ machine }) => machine.id));
    const retired = await retireNodes(client, nodes, working, {
      count,
      others: sumOf(nodes.views().filter(({ machine }) => !own.has(machine.id))),
      force: this.#target === 0 && !this.#onlyOffered,
      onlyOffered: this.#onlyOffered,
      timeoutMs: retireTimeoutMs,
      signal,
    });
    for (const { machine } of retired) this.#tell("retired", machine.id);
    await this.#destroy(retired, signal);
  }

  async #destroy(doomed: readonly NodeView[], signal: AbortSignal): Promise<void> {
    if (doomed.length === 0) return;
    const machines = doomed.map(({ machine }) => machine);
    const alive = machines.filter(({ state }) => state !== "ending");
    await this.#shared.destroyMachines(alive, signal);
    this.#shared.nodes.forget(machines);
    for (const { id } of machines) this.#counted.delete(id);
    for (const { id } of machines) this.#tell("destroyed", id);
  }
}

function sumOf(nodes: readonly NodeView[]): number {
  return nodes.reduce((sum, { registered }) => sum + registered, 0);
}
