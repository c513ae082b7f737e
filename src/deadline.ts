/** The time at which a wait ends, and the signal that ends it earlier. */
export class Deadline {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly #startedAt: number;

  constructor(timeoutMs: number, signal?: AbortSignal, startedAt = performance.now()) {
    this.timeoutMs = timeoutMs;
    this.signal = signal;
    this.#startedAt = startedAt;
  }

  /** The same time with one more signal that ends it earlier. */
  orAt(signal: AbortSignal): Deadline {
    const both = this.signal === undefined ? signal : AbortSignal.any([this.signal, signal]);
    return new Deadline(this.timeoutMs, both, this.#startedAt);
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

/** A duration for messages: `0.008 s`, `0.25 s`, `90 s`. Below a second in whole milliseconds. */
export function seconds(ms: number): string {
  return `${ms < 1000 ? Math.ceil(ms) / 1000 : Number((ms / 1000).toPrecision(3))} s`;
}
