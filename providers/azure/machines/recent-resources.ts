import { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";

/** What this process knows of a scale set's machines before Azure's lists and numbers show it. */
export class RecentMembers {
  readonly machines: RecentCreations;
  /** The group of workers that this process has asked for in the set. */
  group: string | undefined;
  readonly #lagMs: number;
  #wanted = 0;
  #wantedAt = Number.NEGATIVE_INFINITY;

  constructor(lagMs: number) {
    this.machines = new RecentCreations(lagMs);
    this.#lagMs = lagMs;
  }

  /** How many machines the set was asked to have a moment ago, and has if nobody has removed some; 0 where that is not so. */
  get wanted(): number {
    return performance.now() - this.#wantedAt < this.#lagMs ? this.#wanted : 0;
  }

  /** The set is asked to have so many machines. */
  want(count: number): void {
    this.#wanted = count;
    this.#wantedAt = performance.now();
  }

  /** The wanted size is visible, or was refused: it counts no more. */
  settle(): void {
    this.#wantedAt = Number.NEGATIVE_INFINITY;
  }

  /** Machines of the set are deleted. */
  remove(ids: readonly string[]): void {
    this.#wanted -= ids.length;
    for (const id of ids) this.machines.forget(id);
  }
}

/** A cluster's recent creations by kind: that one kind is listed says nothing of another. */
export class RecentResources {
  readonly network: RecentCreations;
  readonly scaleSets: RecentCreations;
  readonly #lagMs: number;
  readonly #sets = new Map<string, RecentMembers>();

  /** @param lagMs how long lists may lack what is new */
  constructor(lagMs: number) {
    this.network = new RecentCreations(lagMs);
    this.scaleSets = new RecentCreations(lagMs);
    this.#lagMs = lagMs;
  }

  /** What was asked for in a scale set, and made there. */
  membersOf(set: string): RecentMembers {
    const known = this.#sets.get(set) ?? new RecentMembers(this.#lagMs);
    this.#sets.set(set, known);
    return known;
  }

  /** The scale set in which this process created a machine. */
  setOf(machine: string): string | undefined {
    return [...this.#sets].find(([, { machines }]) => machines.all.includes(machine))?.[0];
  }
}
