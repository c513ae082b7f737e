import { Deadline } from "../../deadline.ts";
import type { ClusterProvider } from "../../provider/complete-provider.ts";
import type { CreatedMachines, Machine } from "../../provider/machine.ts";
import { within } from "../../wait.ts";

/** Tracks every create call, so that a tear-down knows the machines of calls that failed, hang or were abandoned. */
export class CreationLedger {
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #made = new Map<string, { readonly machine: Machine; readonly madeAt: number }>();
  /** Those of them that a list has shown. */
  readonly #seen = new Set<string>();
  #lastLostAt = Number.NEGATIVE_INFINITY;

  /** Machines that create calls returned. */
  get made(): readonly Machine[] {
    return [...this.#made.values()].map(({ machine }) => machine);
  }

  /**
   * The age of the newest machine that may still appear in the provider's list: of a call that failed or was abandoned, or deleted
   * before a list showed it. A cloud may accept such a deletion and do nothing.
   */
  get sinceLastLostMs(): number {
    return performance.now() - this.#lastLostAt;
  }

  async track(call: () => Promise<CreatedMachines>): Promise<CreatedMachines> {
    const creation = call();
    this.#underWay.add(creation);
    try {
      const created = await creation;
      const madeAt = performance.now();
      for (const machine of created.machines) this.#made.set(machine.id, { machine, madeAt });
      if (created.uncertain === true) this.#lastLostAt = performance.now();
      return created;
    } catch (error) {
      this.#lastLostAt = performance.now();
      throw error;
    } finally {
      this.#underWay.delete(creation);
    }
  }

  /** Counts as a call that failed just now: another process may have created something a moment ago. */
  assumeLost(): void {
    this.#lastLostAt = performance.now();
  }

  /** The verbs; what they list is recorded here, what they destroy is forgotten. */
  watch(verbs: ClusterProvider): ClusterProvider {
    return {
      ...verbs,
      list: async (signal, options) => {
        const listed = await verbs.list(signal, options);
        for (const { id } of listed) if (this.#made.has(id)) this.#seen.add(id);
        return listed;
      },
      destroy: async (machines, signal) => {
        await verbs.destroy(machines, signal);
        this.forget(machines);
      },
    };
  }

  /**
   * Takes in a list that was requested at `askedAt`: machines that are missing from it and old enough are gone.
   *
   * @param listLagMs how long a new machine may be missing from the list
   */
  observe(listed: readonly Pick<Machine, "id">[], askedAt: number, listLagMs: number): void {
    const ids = new Set(listed.map(({ id }) => id));
    for (const [id, { madeAt }] of this.#made) {
      if (!ids.has(id) && askedAt - madeAt > listLagMs) this.#drop(id);
    }
  }

  forget(machines: readonly Machine[]): void {
    for (const { id } of machines) {
      const madeAt = this.#made.get(id)?.madeAt;
      if (madeAt !== undefined && !this.#seen.has(id)) this.#lastLostAt = Math.max(this.#lastLostAt, madeAt);
      this.#drop(id);
    }
  }

  /** Waits for the calls under way, up to the time-out: a call without an answer counts as failed just now. */
  async settle(timeoutMs: number): Promise<void> {
    try {
      await within("create calls to end", new Deadline(timeoutMs), () => Promise.allSettled(this.#underWay));
    } catch {
      this.#lastLostAt = performance.now();
    }
  }

  #drop(id: string): void {
    this.#made.delete(id);
    this.#seen.delete(id);
  }
}
