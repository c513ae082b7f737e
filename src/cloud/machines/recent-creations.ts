/**
 * Resources that were created a moment ago. A cloud's lists lag behind its create calls: "not found" means nothing for the first
 * seconds, and a resource that is to be removed must not be taken for gone.
 */
export class RecentCreations {
  readonly #madeAt = new Map<string, number>();
  readonly #lagMs: number;
  #unknownAt = Number.NEGATIVE_INFINITY;

  constructor(lagMs: number) {
    this.#lagMs = lagMs;
  }

  /** Also settles a call whose effect was unknown. */
  add(ids: readonly string[]): void {
    this.settle();
    for (const id of ids) this.#madeAt.set(id, performance.now());
  }

  /** A create call failed, and its effect is unknown: it may have created something. */
  addUnknown(): void {
    this.#unknownAt = performance.now();
  }

  /** The call whose effect was unknown has created nothing. */
  settle(): void {
    this.#unknownAt = Number.NEGATIVE_INFINITY;
  }

  has(id: string): boolean {
    return this.#isRecent(this.#madeAt.get(id));
  }

  get hasUnknown(): boolean {
    return this.#isRecent(this.#unknownAt);
  }

  /** What lists may still lack. */
  get ids(): readonly string[] {
    return [...this.#madeAt.keys()].filter((id) => this.has(id));
  }

  /** All that was created, however long ago, and not forgotten. */
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

/** Recent creations by kind: a list that shows one kind says nothing of another. */
export function recentByKind<Kind extends string>(
  kinds: readonly Kind[],
  lagMs: number,
): Readonly<Record<Kind, RecentCreations>> {
  const entries = kinds.map((kind) => [kind, new RecentCreations(lagMs)] as const);
  return Object.fromEntries(entries) as Record<Kind, RecentCreations>;
}
