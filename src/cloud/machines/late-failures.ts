import type { Machine } from "../../provider/machine.ts";

/** Machines whose making was answered and that came to nothing after all: they count as stopped, and their boot log says why. */
export class LateFailures {
  readonly #failures = new Map<string, { readonly machine: Machine; readonly failure: Error }>();

  add(machines: readonly Machine[], failure: Error | undefined): void {
    if (failure === undefined) return;
    for (const machine of machines) this.#failures.set(machine.id, { machine, failure });
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) this.#failures.delete(id);
  }

  reasonOf(id: string): string | undefined {
    return this.#failures.get(id)?.failure.message;
  }

  /** A list of machines, with those that came to nothing told to be stopped, also where they are not there. */
  markedIn(listed: readonly Machine[]): readonly Machine[] {
    const ids = new Set(listed.map(({ id }) => id));
    const missing = [...this.#failures.values()].map(({ machine }) => machine).filter(({ id }) => !ids.has(id));
    return [...listed, ...missing].map((machine) =>
      this.#failures.has(machine.id) && machine.state !== "ending" ? { ...machine, state: "stopped" } : machine,
    );
  }
}
