import type { Machine } from "../../provider/machine.ts";

/** Machines whose deletion was accepted. That it was does not mean that it succeeds. */
export class AcceptedDeletions {
  readonly #acceptedAt = new Map<string, number>();
  readonly #lagMs: number;

  /** @param lagMs how long lists may still show a machine as it was before */
  constructor(lagMs: number) {
    this.#lagMs = lagMs;
  }

  add(id: string): void {
    this.#acceptedAt.set(id, performance.now());
  }

  /** Whether its deletion was accepted at any time. */
  has(id: string): boolean {
    return this.#acceptedAt.has(id);
  }

  /**
   * The machine, told to be ending as long as its deletion may be under way.
   *
   * @param isEnding whether the cloud says that something is under way with it
   */
  seen(machine: Machine, isEnding = false): Machine {
    const acceptedAt = this.#acceptedAt.get(machine.id);
    if (acceptedAt === undefined) return machine;
    const ends = isEnding || performance.now() - acceptedAt < this.#lagMs;
    return ends ? { ...machine, state: "ending" } : machine;
  }
}
