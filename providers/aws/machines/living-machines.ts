/** How long EC2 shows a terminated instance. */
const REMEMBERED_MS = 3_600_000;
/** A list of so many terminated instances is still a short answer. */
const MOST_REMEMBERED = 200;

/**
 * The instances that are alive as far as this process knows, and those that it has ended. EC2 lists terminated instances for an hour,
 * the ones that somebody else has ended among all that a scale-down has.
 */
export class LivingMachines {
  readonly #alive = new Set<string>();
  readonly #endedAt = new Map<string, number>();
  readonly #now: () => number;

  /** @param now milliseconds. Default: performance.now */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** They were created, or a list shows them alive. */
  add(ids: Iterable<string>): void {
    for (const id of ids) if (!this.#endedAt.has(id)) this.#alive.add(id);
  }

  /** Their termination was accepted. */
  ended(ids: Iterable<string>): void {
    const now = this.#now();
    for (const id of ids) {
      this.#alive.delete(id);
      this.#endedAt.set(id, now);
    }
  }

  /** A full list lacks them. */
  keepOnly(listed: ReadonlySet<string>, unlisted: ReadonlySet<string>): void {
    for (const id of this.#alive) if (!listed.has(id) && !unlisted.has(id)) this.#alive.delete(id);
  }

  has(id: string): boolean {
    return this.#alive.has(id);
  }

  /** Whether it is worth asking for terminated instances, most of which this process has ended itself. */
  get mayAskForTerminated(): boolean {
    const oldest = this.#now() - REMEMBERED_MS;
    for (const [id, endedAt] of this.#endedAt) if (endedAt < oldest) this.#endedAt.delete(id);
    return this.#endedAt.size <= MOST_REMEMBERED;
  }
}
