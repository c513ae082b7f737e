import type { Machine } from "../../provider/machine.ts";

/** Ends of machines that this process knows of and that the cloud's lists do not show: accepted deletions, and late failures. */
export class KnownEnds {
  readonly #deletedAt = new Map<string, number>();
  readonly #failures = new Map<string, { readonly machine: Machine; readonly failure: Error }>();
  readonly #lagMs: number;

  /** @param lagMs how long lists may still show a machine as it was before */
  constructor(lagMs: number) {
    this.#lagMs = lagMs;
  }

  /** The cloud accepted the machine's deletion. Acceptance does not guarantee success. */
  deleted(id: string): void {
    this.#deletedAt.set(id, performance.now());
  }

  /** Whether its deletion was accepted at any time. */
  wasDeleted(id: string): boolean {
    return this.#deletedAt.has(id);
  }

  /**
   * The machine, told to be ending as long as its deletion may be under way.
   *
   * @param isEnding whether the cloud says that something is under way with it
   */
  seen(machine: Machine, isEnding = false): Machine {
    const deletedAt = this.#deletedAt.get(machine.id);
    if (deletedAt === undefined) return machine;
    const ends = isEnding || performance.now() - deletedAt < this.#lagMs;
    return ends ? { ...machine, state: "ending" } : machine;
  }

  /** Machines failed after the create call had succeeded. */
  failed(machines: readonly Machine[], failure: Error): void {
    for (const machine of machines) this.#failures.set(machine.id, { machine, failure });
  }

  /** Why a machine failed after all; stands in for its console. */
  failureOf(id: string): Error | undefined {
    return this.#failures.get(id)?.failure;
  }

  /** Their failures were dealt with. */
  forgetFailures(ids: readonly string[]): void {
    for (const id of ids) this.#failures.delete(id);
  }

  /** A list of machines, in which those that failed are stopped; also those that it lacks. */
  withFailed(listed: readonly Machine[]): readonly Machine[] {
    const ids = new Set(listed.map(({ id }) => id));
    const missing = [...this.#failures.values()].map(({ machine }) => machine).filter(({ id }) => !ids.has(id));
    return [...listed, ...missing].map((machine) =>
      this.#failures.has(machine.id) && machine.state !== "ending" ? { ...machine, state: "stopped" } : machine,
    );
  }
}
