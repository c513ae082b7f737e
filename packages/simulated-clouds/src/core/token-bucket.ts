import type { TimeSource } from "./clock.ts";

export interface BucketSize {
  readonly capacity: number;
  /** Tokens that come back in each simulated second. */
  readonly refillPerSecond: number;
}

/** What clouds limit the rate of calls with: full at first, emptied by calls, refilled by time. */
export class TokenBucket {
  readonly #size: BucketSize;
  readonly #clock: TimeSource;
  #tokens: number;
  #filledAt: number;

  constructor(size: BucketSize, clock: TimeSource) {
    this.#size = size;
    this.#clock = clock;
    this.#tokens = size.capacity;
    this.#filledAt = clock.now();
  }

  /** Takes `n` tokens if so many are there, or else none. */
  take(n = 1): boolean {
    this.#refill();
    if (this.#tokens < n) return false;
    this.#tokens -= n;
    return true;
  }

  #refill(): void {
    const now = this.#clock.now();
    const { capacity, refillPerSecond } = this.#size;
    this.#tokens = Math.min(capacity, this.#tokens + ((now - this.#filledAt) / 1000) * refillPerSecond);
    this.#filledAt = now;
  }
}
