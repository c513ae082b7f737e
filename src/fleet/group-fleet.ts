import { seconds } from "../deadline.ts";
import { DaskFleetError, asError, messageOf } from "../errors.ts";
import type { MachineChange } from "../progress.ts";
import type { Machine } from "../provider/machine.ts";
import { DEFAULT_GROUP, withinBounds } from "../provider/worker-group.ts";
import { linesIn } from "../text/text.ts";
import { tellBooted } from "./booted.ts";
import { CreationRetries } from "./creation-retries.ts";
import type { FleetGroup, Shared } from "./fleet-options.ts";
import { assertLeading, unlessFollowing } from "./leading.ts";
import { type LostNode, type NodeView, type Plan, planFleet, stuckWorkers } from "./plan.ts";
import { ReplacementBackOff } from "./replacement-back-off.ts";
import { retireNodes, retireWorkersOf } from "./retire.ts";

const UNSURE =
  "A create call failed without an answer. No machines are created until the cloud's list must show its result.";
/** A retirement for replacement delays the rest of the fleet no longer. */
const RENEWAL_TIMEOUT_MS = 30_000;

/**
 * The machines of one worker group, and their reconciliation with its target. Each group has its own back-off and troubles, and touches
 * no machine of another.
 */
export class GroupFleet {
  readonly #group: FleetGroup;
  readonly #shared: Shared;
  readonly #retries = new CreationRetries();
  readonly #backOff = new ReplacementBackOff();
  #target = 0;
  #onlyOffered = false;
  /** Until then, lists may lack machines of a create call that failed or was abandoned: none are created. */
  #blindUntil = Number.NEGATIVE_INFINITY;
  /** Lost machines that were reported and counted. */
  readonly #counted = new Set<string>();
  /** No machine with workers is replaced before this. */
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

  /** Existing machines, joined or not. */
  get size(): number {
    return this.#shared.nodes.sizeOf(this.name);
  }

  /** Workers on each machine; undefined until known. */
  get workersPerMachine(): number | undefined {
    return this.#shared.nodes.workersPerMachine(this.name);
  }

  /** Why waiting for machines is hopeless. The fleet keeps retrying. */
  get hopeless(): Error | undefined {
    return this.#target > this.joined ? (this.#retries.hopeless ?? this.#backOff.hopeless) : undefined;
  }

  /** Why the cloud refuses machines, and the number of refusals in a row. */
  get shortage(): { readonly error: Error; readonly attempts: number } | undefined {
    return this.#retries.trouble;
  }

  /** The time until refused machines are requested again, in milliseconds. */
  get nextTryInMs(): number {
    return this.#retries.nextTryInMs;
  }

  /**
   * Sets the target, within the group's bounds. 0 is always possible: removing a cluster sets it.
   *
   * @param onlyOffered never retire a worker that Dask does not offer, even if that leaves more than `workers`
   * @param anew resets the back-off
   */
  setTarget(
    workers: number,
    { onlyOffered = false, anew = true }: { readonly onlyOffered?: boolean; readonly anew?: boolean } = {},
  ): void {
    const target = workers === 0 ? 0 : withinBounds(workers, this.#group);
    if (target !== this.#target) this.#shared.cadence.changed();
    this.#target = target;
    this.#onlyOffered = onlyOffered;
    if (!anew) return;
    this.#retries.askAnew();
    this.#backOff.askAnew();
  }

  /** The size of the group, as text. */
  describe(): string {
    const machines = `${this.size} ${this.size === 1 ? "machine" : "machines"}`;
    const leaving = this.#views().filter(({ notice }) => notice !== undefined).length;
    const notices = leaving === 0 ? "" : `, ${leaving} with a spot notice`;
    return `${this.isNamed ? `${this.name}: ` : ""}${this.joined} of ${this.#target} workers joined, ${machines}${notices}`;
  }

  /** Whether messages name the group: with `default` alone they do not. */
  get isNamed(): boolean {
    return this.#shared.groups.length > 1 || this.name !== DEFAULT_GROUP;
  }

  #said(sentence: string): string {
    return this.isNamed ? `Group ${this.name}: ${sentence}` : sentence;
  }

  /** A machine's spot notice was withdrawn: it is not lost. */
  keep(id: string): void {
    this.#counted.delete(id);
  }

  /** A machine of the group has joined. */
  sawJoined({ id }: Machine): void {
    this.#backOff.joined();
    this.#tell("joined", id);
  }

  /** Long-lived machines end the back-off. */
  sawWork(): void {
    for (const { workedMs } of this.#views()) if (workedMs !== undefined) this.#backOff.works(workedMs);
  }

  plan(): Plan {
    return planFleet(this.#views(), this.#target, this.#shared.limits);
  }

  /** Whether all wanted machines are there and work, none too many, and nothing is under way. */
  get isCalm(): boolean {
    const isTrusted = this.#views().every(({ suspect }) => suspect === undefined);
    const isWhole = this.joined === this.#target && this.size === this.#target && isTrusted;
    return isWhole && !this.isBusy && performance.now() >= this.#blindUntil;
  }

  /** Whether a step of an earlier pass is under way: the group waits for its end. */
  get isBusy(): boolean {
    return this.#step !== undefined;
  }

  /** Begins a step towards the target. */
  begin(signal: AbortSignal): void {
    this.#step = unlessFollowing(() => this.#act(this.plan(), signal))
      .catch((error: unknown) => (this.#failure = { error }))
      .then(() => (this.#step = undefined));
  }

  /** Resolves when the step under way, if any, has succeeded or failed. */
  async settled(): Promise<void> {
    await this.#step;
  }

  /** The failure of the last step, returned once. */
  takeFailure(): { readonly error: unknown } | undefined {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure;
  }

  async #act(plan: Plan, signal: AbortSignal): Promise<void> {
    const { troubles, limits } = this.#shared;
    // Counted before they go, so that their replacements draw on the same budget.
    for (const each of plan.leaving) await this.#countLoss(each, signal);
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
    const { emit, cadence } = this.#shared;
    cadence.changed();
    emit({ type: "machine", change, id, group: this.name, ...(reason === undefined ? {} : { reason }) });
  }

  /** Creates missing machines, as the back-off permits. */
  async #replenish(missing: number, signal: AbortSignal): Promise<void> {
    const { troubles, isStarting, cadence } = this.#shared;
    const about = { group: this.name };
    const held = this.#backOff.held(this.#target);
    const heldBack = Math.min(held, missing);
    const isTold = isStarting() && this.hopeless !== undefined;
    // A start that fails for it reports it, and creates nothing more.
    if (heldBack === 0 || isTold) troubles.over("brief-lives", this.name);
    else troubles.tell("brief-lives", this.#said(this.#backOff.describe(heldBack)), about);
    if (missing === 0) {
      this.#retries.succeeded();
      troubles.over("creation", this.name);
    }
    if (missing <= held || (isTold && this.#backOff.hopeless !== undefined)) return;
    if (cadence.allListedAt < this.#blindUntil) {
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
      } = await call("machines to be created", signal, (inner) => this.#group.create(count, inner));
      nodes.add(machines, this.name);
      for (const { id } of machines) this.#tell("created", id);
      tellBooted(nodes, this.#shared.emit);
      if (uncertain) this.#waitForLists();
      if (shortfall === undefined) {
        this.#retries.succeeded();
        troubles.over("creation", this.name);
      } else this.#creationFailed(shortfall, machines.length > 0);
    } catch (error) {
      signal.throwIfAborted();
      this.#waitForLists();
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

  /** Unknown machines may have been created. */
  #waitForLists(): void {
    this.#blindUntil = performance.now() + this.#shared.limits.listLagMs;
    this.#shared.cadence.alarm();
    this.#shared.cadence.requireAll();
    this.#shared.cadence.requireAll(this.#blindUntil);
  }

  async #removeLost(lost: readonly LostNode[], signal: AbortSignal): Promise<void> {
    for (const each of lost) await this.#countLoss(each, signal);
    await this.#destroy(
      lost.map(({ node }) => node),
      signal,
    );
  }

  /** Reports each lost machine once, even if its deletion is refused and retried. */
  async #countLoss({ node, reason }: LostNode, signal: AbortSignal): Promise<void> {
    const { machine, gaveUp, workedMs } = node;
    if (this.#counted.has(machine.id)) return;
    this.#counted.add(machine.id);
    this.#tell("lost", machine.id, reason);
    const { consoles, unknown, restarts } = this.#shared;
    // The console of a machine that worked does not explain failures of others.
    const log = gaveUp?.log ?? (workedMs === undefined ? await consoles.text(machine, signal) : "");
    const what = `Worker machine ${machine.id}: ${reason}${unknown.describe()}.`;
    const error = new DaskFleetError("START_FAILED", [what, ...linesIn(consoles.endOf(log))]);
    // These losses predict nothing about other machines.
    if (restarts.explainsLoss(workedMs)) return;
    const life = { workedMs, reason: error, gaveUp: gaveUp !== undefined, hopeless: consoles.saysHopeless(log) };
    this.#backOff.lost(life, this.#target);
  }

  /** Replaces machines with workers, without losing data: a worker that cannot be retired keeps its machine. */
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
    const working = this.#views().filter(
      ({ registered, everJoined, notice }) => notice === undefined && (registered > 0 || everJoined),
    );
    // They stay, and take the data.
    const beside = this.#shared.beside?.registered ?? 0;
    const retired = await retireNodes(client, nodes, working, {
      count,
      force: this.#target === 0 && !this.#onlyOffered && beside === 0,
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
    // Acceptance does not guarantee success.
    this.#shared.cadence.requireAll(performance.now() + this.#shared.limits.listLagMs);
    for (const { id } of machines) this.#counted.delete(id);
    for (const { id } of machines) this.#tell("destroyed", id);
  }
}
