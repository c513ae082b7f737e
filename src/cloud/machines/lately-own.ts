/** No cloud deletes a machine, and gives its name away, in less. */
const LATELY_MS = 15_000;

/**
 * When a machine that is named for its cluster was last seen to be this cluster's. Later, another cluster of that name may have one
 * that is called the same. By the computer's clock: what sleeps with a laptop does not know how long.
 */
export class LatelyOwn {
  readonly #seenAt = new Map<string, number>();

  see(id: string): void {
    this.#seenAt.set(id, Date.now());
  }

  has(id: string): boolean {
    return Math.abs(Date.now() - (this.#seenAt.get(id) ?? 0)) < LATELY_MS;
  }
}
