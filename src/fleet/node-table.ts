import type { WorkerInfo } from "../dask/worker-info.ts";
import { type Machine, isAlive } from "../provider/machine.ts";
import { DEFAULT_GROUP } from "../provider/worker-group.ts";
import type { ListKind } from "./cadence.ts";
import type { Awaited } from "./consoles/consoles.ts";
import type { GaveUp } from "./consoles/gave-up.ts";
import type { NodeView } from "./plan.ts";

export type SeenWorker = Pick<WorkerInfo, "name" | "status">;

/** Machines whose workers changed. */
export interface SeenChanges {
  readonly joined: readonly Machine[];
  readonly lost: readonly Machine[];
}

interface Entry {
  machine: Machine;
  /** The first value seen: a list may lack tags for a while, and anyone who may tag can change them. */
  readonly group: string;
  registered: number;
  /** The most workers registered at once. */
  most: number;
  /** When that grew last. */
  grownAt: number;
  joined: boolean;
  wasComplete: boolean;
  firstJoinedAt: number | undefined;
  /** Undefined while a worker is registered. */
  absentSince: number | undefined;
  /** Undefined while it is complete. */
  incompleteSince: number | undefined;
  /** Dask's status of workers that take no tasks. */
  status: string | undefined;
  /** Undefined while a registered worker takes tasks, or none is registered. */
  idleSince: number | undefined;
  /** When a list first lacked it; undefined while lists show it. */
  unlistedSince: number | undefined;
  gaveUp: GaveUp | undefined;
  notice: string | undefined;
  suspect: string | undefined;
  /** Whether a list has shown it as not running yet. */
  isSeenPending: boolean;
  /** Whether it runs, as far as lists can tell. `news`: and nobody was told. */
  booted: "no" | "news" | "told";
}

/** Dask's statuses of workers that take no tasks (`Status`, distributed/core.py). A paused one can go on at any time. */
const CLOSING: ReadonlySet<string> = new Set([
  "closing_gracefully",
  "closing",
  "closed",
  "stopping",
  "stopped",
  "failed",
]);

/** Whether a worker takes tasks, or will go on to. */
export function takesTasks({ status }: Pick<SeenWorker, "status">): boolean {
  return !CLOSING.has(status);
}

/** The workers of a machine join within this time of each other. */
const SETTLED_MS = 10_000;

export interface NodeTableOptions {
  /** Workers on each machine of a group. Undefined: as many as are seen. */
  readonly processesOf?: ((group: string) => number | undefined) | undefined;
  /** A worker that is paused for longer than this counts as stuck, in milliseconds. */
  readonly pausedAfterMs?: number | undefined;
  /** Milliseconds. Default: performance.now */
  readonly now?: (() => number) | undefined;
}

/**
 * The worker machines as observed over time, from the provider's list and the scheduler's workers. Workers have their machine's name, so
 * their group is the machine's.
 */
export class NodeTable {
  readonly #entries = new Map<string, Entry>();
  readonly #byNodeName = new Map<string, Entry>();
  /** Names of deleted machines; the scheduler may know their workers for a while. */
  readonly #formerNames = new Set<string>();
  /** When machines were destroyed; a lagging list may still show them. */
  readonly #destroyed = new Map<string, number>();
  #undead: readonly (readonly [Machine, destroyedAt: number])[] = [];
  /** Since when each paused worker has been paused. */
  #pausedSince: ReadonlyMap<string, number> = new Map();
  readonly #options: NodeTableOptions;
  readonly #now: () => number;

  constructor(options: NodeTableOptions = {}) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The number of machines in a group. */
  sizeOf(group: string): number {
    return this.#of(group).length;
  }

  joinedOf(group: string): number {
    return this.#of(group).filter(({ joined, notice }) => joined && notice === undefined).length;
  }

  /**
   * Workers on a machine of a group: the known number, or the most that were seen on one; undefined until all of one have had time to
   * join.
   */
  workersPerMachine(group: string): number | undefined {
    const now = this.#now();
    let most = 0;
    for (const entry of this.#of(group)) if (now - entry.grownAt >= SETTLED_MS) most = Math.max(most, entry.most);
    return this.#options.processesOf?.(group) ?? (most === 0 ? undefined : most);
  }

  /** The group of a known machine. */
  groupOf(id: string): string | undefined {
    return this.#entries.get(id)?.group;
  }

  /** @param group only machines of this group. Default: all */
  views(group?: string): NodeView[] {
    const now = this.#now();
    const age = (since: number | undefined): number | undefined => (since === undefined ? undefined : now - since);
    return this.#of(group).map((entry) => ({
      machine: entry.machine,
      registered: entry.registered,
      joined: entry.joined,
      everJoined: entry.most > 0,
      wasComplete: entry.wasComplete,
      absentMs: age(entry.absentSince) ?? 0,
      incompleteMs: age(entry.incompleteSince) ?? 0,
      idleMs: age(entry.idleSince),
      status: entry.status,
      workedMs: age(entry.firstJoinedAt),
      unlistedMs: age(entry.unlistedSince),
      gaveUp: entry.gaveUp,
      notice: entry.notice,
      suspect: entry.suspect,
    }));
  }

  /** The machines of which a worker may still join for the first time. */
  awaited(): Awaited[] {
    const now = this.#now();
    const awaited: Awaited[] = [];
    for (const { machine, most, gaveUp, absentSince = now } of this.#entries.values()) {
      if (most === 0 && gaveUp === undefined && isAlive(machine))
        awaited.push({ machine, absentMs: now - absentSince });
    }
    return awaited;
  }

  /** Whether a machine has stopped or ended. */
  get hasEnded(): boolean {
    for (const { machine } of this.#entries.values()) if (!isAlive(machine)) return true;
    return false;
  }

  /** Takes in machines of a group that a create call returned. */
  add(machines: readonly Machine[], group?: string): void {
    for (const machine of machines) this.#see(machine, group, "created");
  }

  /**
   * Takes in the provider's list: new states, and unknown machines (a lost reply, an earlier process).
   *
   * @param kind `not-running`: machines that are not listed may run
   * @returns whether anything is new
   */
  observeMachines(listed: readonly Machine[], kind: ListKind = "all"): boolean {
    const workers = listed.filter(
      ({ role, state, id }) => role === "worker" && (state !== "ending" || this.#entries.has(id)),
    );
    let isNew = false;
    for (const machine of workers) {
      if (this.#destroyed.has(machine.id)) continue;
      isNew ||= this.#entries.get(machine.id)?.machine.state !== machine.state;
      this.#see(machine);
    }
    this.#seeBoots(listed, kind);
    const undead = workers.flatMap((machine) => {
      const destroyedAt = this.#destroyed.get(machine.id);
      return destroyedAt === undefined ? [] : [[machine, destroyedAt] as const];
    });
    const ids = new Set(listed.map(({ id }) => id));
    const others = kind === "all" ? [] : this.#undead.filter(([{ id }]) => !ids.has(id));
    this.#undead = [...others, ...undead];
    for (const entry of this.#entries.values()) {
      if (ids.has(entry.machine.id)) entry.unlistedSince = undefined;
      else if (kind === "all" && entry.unlistedSince === undefined) {
        entry.unlistedSince = this.#now();
        isNew = true;
      }
    }
    return isNew;
  }

  /** Takes in what a list of the machines that do not run says of those that are known. It says nothing of others. */
  observeSome(listed: readonly Machine[]): void {
    for (const machine of listed) if (this.#entries.has(machine.id)) this.#see(machine);
    this.#seeBoots(listed, "not-running");
  }

  /** The machines that run since the last call, of those that were seen before. */
  takeBooted(): readonly { readonly id: string; readonly group: string }[] {
    const news = this.#of(undefined).filter(({ booted }) => booted === "news");
    for (const entry of news) entry.booted = "told";
    return news.map(({ machine: { id }, group }) => ({ id, group }));
  }

  /** A list of those that do not run tells by a gap that one runs now, once it has shown it. */
  #seeBoots(listed: readonly Machine[], kind: ListKind): void {
    const ids = new Set(listed.map(({ id }) => id));
    for (const entry of this.#entries.values()) {
      const { machine, booted, isSeenPending } = entry;
      if (booted !== "no") continue;
      if (machine.state === "running" || (kind === "not-running" && isSeenPending && !ids.has(machine.id))) {
        entry.booted = "news";
      } else if (ids.has(machine.id)) entry.isSeenPending = machine.state === "pending";
    }
  }

  /** Takes in the gave-up marker of a machine. */
  giveUp(id: string, gaveUp: GaveUp): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.gaveUp = gaveUp;
  }

  /** Takes in a machine's spot notice, as a reason, or its end. */
  notice(id: string, reason: string | undefined): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.notice = reason;
  }

  /** Takes in why a machine is not to be trusted any more. */
  suspect(id: string, reason: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.suspect ??= reason;
  }

  /** The machine of a node's name, as last listed. */
  named(nodeName: string): Machine | undefined {
    return this.#byNodeName.get(nodeName)?.machine;
  }

  /** Whether a machine's deletion was accepted. */
  hasDestroyed(id: string): boolean {
    return this.#destroyed.has(id);
  }

  /** Machines that are still listed as alive after an accepted deletion, for longer than lists may lag. */
  undead(listLagMs: number): readonly Machine[] {
    const now = this.#now();
    return this.#undead.filter(([, destroyedAt]) => now - destroyedAt > listLagMs).map(([machine]) => machine);
  }

  /** Whether a machine is unlisted, or a worker paused: both are decided by time. */
  get isDeciding(): boolean {
    return this.#pausedSince.size > 0 || this.#of(undefined).some(({ unlistedSince }) => unlistedSince !== undefined);
  }

  /** Takes in the scheduler's workers; returns the machines that joined, and those that lost workers, since the last call. */
  observeWorkers(workers: readonly SeenWorker[]): SeenChanges {
    const now = this.#now();
    this.#pausedSince = new Map(
      workers.filter(({ status }) => status === "paused").map(({ name }) => [name, this.#pausedSince.get(name) ?? now]),
    );
    const byMachine = Map.groupBy(workers, ({ name }) => this.machineOf(name)?.id);
    const [joined, lost]: [Machine[], Machine[]] = [[], []];
    for (const entry of this.#entries.values()) {
      const own = byMachine.get(entry.machine.id) ?? [];
      if (own.length < entry.registered) lost.push(entry.machine);
      if (this.#observe(entry, own, now)) joined.push(entry.machine);
    }
    return { joined, lost };
  }

  /** The machine of a Dask worker: the worker has its node's name, with `-0`, `-1` … when a machine has several. */
  machineOf(workerName: string): Machine | undefined {
    const entry = this.#byNodeName.get(workerName) ?? this.#byNodeName.get(workerName.replace(/-\d+$/, ""));
    return entry?.machine;
  }

  /** Whether a worker's name belongs to a present or past machine. */
  knows(workerName: string): boolean {
    const former = [workerName, workerName.replace(/-\d+$/, "")];
    return this.machineOf(workerName) !== undefined || former.some((name) => this.#formerNames.has(name));
  }

  forget(machines: readonly Machine[]): void {
    for (const { id, nodeName } of machines) {
      this.#entries.delete(id);
      this.#byNodeName.delete(nodeName);
      this.#formerNames.add(nodeName);
      this.#destroyed.set(id, this.#now());
    }
    const forgotten = new Set(machines.map(({ id }) => id));
    this.#undead = this.#undead.filter(([{ id }]) => !forgotten.has(id));
  }

  /** Whether the machine has just joined. */
  #observe(entry: Entry, own: readonly SeenWorker[], now: number): boolean {
    const idle = own.filter((worker) => !this.#works(worker, now));
    const working = own.length - idle.length;
    entry.registered = own.length;
    if (own.length > entry.most) [entry.most, entry.grownAt] = [own.length, now];
    const isJoined = working > 0 && working >= (this.#options.processesOf?.(entry.group) ?? entry.most);
    const hasJoined = isJoined && !entry.joined;
    entry.joined = isJoined;
    entry.wasComplete ||= isJoined;
    if (own.length > 0) entry.firstJoinedAt ??= now;
    entry.absentSince = own.length > 0 ? undefined : (entry.absentSince ?? now);
    entry.incompleteSince = isJoined ? undefined : (entry.incompleteSince ?? now);
    entry.status = idle[0]?.status;
    entry.idleSince = own.length === 0 || working > 0 ? undefined : (entry.idleSince ?? now);
    return hasJoined;
  }

  #works({ name, status }: SeenWorker, now: number): boolean {
    if (!takesTasks({ status })) return false;
    return now - (this.#pausedSince.get(name) ?? now) <= (this.#options.pausedAfterMs ?? Infinity);
  }

  #of(group: string | undefined): Entry[] {
    const all = [...this.#entries.values()];
    return group === undefined ? all : all.filter((entry) => entry.group === group);
  }

  #see(machine: Machine, group = machine.group ?? DEFAULT_GROUP, how: "created" | "found" = "found"): void {
    const entry = this.#entries.get(machine.id) ?? {
      machine,
      group,
      registered: 0,
      most: 0,
      grownAt: 0,
      joined: false,
      wasComplete: false,
      firstJoinedAt: undefined,
      absentSince: this.#now(),
      incompleteSince: this.#now(),
      status: undefined,
      idleSince: undefined,
      unlistedSince: undefined,
      gaveUp: undefined,
      notice: undefined,
      suspect: undefined,
      isSeenPending: false,
      // One that is found running booted before.
      booted: machine.state !== "running" ? "no" : how === "created" ? "news" : "told",
    };
    entry.machine = machine;
    this.#entries.set(machine.id, entry);
    this.#byNodeName.set(machine.nodeName, entry);
  }
}
