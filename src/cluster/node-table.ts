import type { Farewell } from "./farewell.ts";
import type { Machine } from "./machine.ts";
import type { NodeView } from "./plan.ts";

interface Entry {
  machine: Machine;
  joined: boolean;
  everJoined: boolean;
  absentSince: number;
  /** When a list first lacked it; undefined while lists show it. */
  unlistedSince: number | undefined;
  farewell: Farewell | undefined;
}

/** What is seen of the worker machines over time, from two sides: the provider's list and the scheduler's workers. */
export class NodeTable {
  readonly #entries = new Map<string, Entry>();
  readonly #byNodeName = new Map<string, Entry>();
  /** Machines we have destroyed, and when; a list that lags may still show them. */
  readonly #destroyed = new Map<string, number>();
  #undead: readonly (readonly [Machine, destroyedAt: number])[] = [];
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  get joined(): number {
    return [...this.#entries.values()].filter((entry) => entry.joined).length;
  }

  views(): NodeView[] {
    const now = this.#now();
    return [...this.#entries.values()].map(({ absentSince, unlistedSince, ...entry }) => ({
      ...entry,
      absentMs: entry.joined ? 0 : now - absentSince,
      unlistedMs: unlistedSince === undefined ? undefined : now - unlistedSince,
    }));
  }

  /** Takes in machines that a create call has answered with. */
  add(machines: readonly Machine[]): void {
    for (const machine of machines) this.#see(machine);
  }

  /** Takes in the provider's list: new states, and machines we did not know of (a reply that was lost, an earlier process). */
  observeMachines(listed: readonly Machine[]): void {
    const workers = listed.filter(
      ({ role, state, id }) => role === "worker" && (state !== "ending" || this.#entries.has(id)),
    );
    for (const machine of workers) if (!this.#destroyed.has(machine.id)) this.#see(machine);
    this.#undead = workers.flatMap((machine) => {
      const destroyedAt = this.#destroyed.get(machine.id);
      return destroyedAt === undefined ? [] : [[machine, destroyedAt] as const];
    });
    const ids = new Set(listed.map(({ id }) => id));
    for (const entry of this.#entries.values()) {
      entry.unlistedSince = ids.has(entry.machine.id) ? undefined : (entry.unlistedSince ?? this.#now());
    }
  }

  /** Takes in that a machine has given up. */
  bidFarewell(id: string, farewell: Farewell): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.farewell = farewell;
  }

  /** Machines that the provider has agreed to destroy, and still lists as if it had not after longer than its lists may lag. */
  undead(listLagMs: number): readonly Machine[] {
    const now = this.#now();
    return this.#undead.filter(([, destroyedAt]) => now - destroyedAt > listLagMs).map(([machine]) => machine);
  }

  /** Takes in the names of the scheduler's workers; returns the machines that have joined since the last look. */
  observeWorkers(names: readonly string[], processes: number): readonly Machine[] {
    const counts = Map.groupBy(names, (name) => this.machineOf(name)?.id);
    const joined: Machine[] = [];
    for (const entry of this.#entries.values()) {
      const isJoined = (counts.get(entry.machine.id)?.length ?? 0) >= processes;
      if (isJoined && !entry.joined) joined.push(entry.machine);
      if (!isJoined && entry.joined) entry.absentSince = this.#now();
      entry.joined = isJoined;
      entry.everJoined ||= isJoined;
    }
    return joined;
  }

  /** The machine of a Dask worker: named like its node, with `-0`, `-1` … behind it where there are several on a machine. */
  machineOf(workerName: string): Machine | undefined {
    const entry = this.#byNodeName.get(workerName) ?? this.#byNodeName.get(workerName.replace(/-\d+$/, ""));
    return entry?.machine;
  }

  forget(machines: readonly Machine[]): void {
    for (const { id, nodeName } of machines) {
      this.#entries.delete(id);
      this.#byNodeName.delete(nodeName);
      this.#destroyed.set(id, this.#now());
    }
  }

  #see(machine: Machine): void {
    const entry = this.#entries.get(machine.id) ?? {
      machine,
      joined: false,
      everJoined: false,
      absentSince: this.#now(),
      unlistedSince: undefined,
      farewell: undefined,
    };
    entry.machine = machine;
    this.#entries.set(machine.id, entry);
    this.#byNodeName.set(machine.nodeName, entry);
  }
}
