/**
 * What was made a moment ago. A cloud's parts learn of a new thing one after the other: "there is no such thing" means nothing for the
 * first seconds, and something that is to be removed must not be taken for gone.
 */
export class RecentlyMade {
  readonly #madeAt = new Map<string, number>();
  readonly #lagMs: number;
  #unknownAt = Number.NEGATIVE_INFINITY;

  constructor(lagMs: number) {
    this.#lagMs = lagMs;
  }

  /** What was unknown so far is known with it. */
  add(ids: readonly string[]): void {
    this.settle();
    for (const id of ids) this.#madeAt.set(id, performance.now());
  }

  /** Something may have been made: the call that should make it has failed without a word about its effect. */
  addUnknown(): void {
    this.#unknownAt = performance.now();
  }

  /** The call whose effect was not known has made nothing. */
  settle(): void {
    this.#unknownAt = Number.NEGATIVE_INFINITY;
  }

  has(id: string): boolean {
    return this.#isRecent(this.#madeAt.get(id));
  }

  get hasUnknown(): boolean {
    return this.#isRecent(this.#unknownAt);
  }

  /** What still counts as new. */
  get ids(): readonly string[] {
    return [...this.#madeAt.keys()].filter((id) => this.has(id));
  }

  /** All that was made, however long ago, and not forgotten. */
  get all(): readonly string[] {
    return [...this.#madeAt.keys()];
  }

  forget(id: string): void {
    this.#madeAt.delete(id);
  }

  #isRecent(madeAt: number | undefined): boolean {
    return madeAt !== undefined && performance.now() - madeAt < this.#lagMs;
  }
}
