/** A point in time after which waiting is over, and the signal that ends it earlier. */
export class Deadline {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly #startedAt = performance.now();

  constructor(timeoutMs: number, signal?: AbortSignal) {
    this.timeoutMs = timeoutMs;
    this.signal = signal;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  get remainingMs(): number {
    return Math.max(0, this.timeoutMs - this.elapsedMs);
  }

  get expired(): boolean {
    return this.remainingMs === 0;
  }
}

/** A duration as people read it: `0.25 s`, `90 s`. */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(3))} s`;
}
