import type { SimClock } from "../core/clock.ts";
import { TokenBucket } from "../core/token-bucket.ts";
import { tooManyRequests } from "./api-error.ts";
import type { SimulatedOciOptions } from "./options.ts";

/** The rates of a user's calls: those that read, and those that change something. */
export class RateLimits {
  readonly #reads: TokenBucket;
  readonly #changes: TokenBucket;

  constructor(clock: SimClock, { readsPerSecond = 40, changesPerSecond = 10 }: SimulatedOciOptions) {
    this.#reads = new TokenBucket({ capacity: 2 * readsPerSecond, refillPerSecond: readsPerSecond }, clock);
    this.#changes = new TokenBucket({ capacity: 4 * changesPerSecond, refillPerSecond: changesPerSecond }, clock);
  }

  /** @throws ApiError 429 */
  take(method: string): void {
    if (!(method === "GET" ? this.#reads : this.#changes).take()) throw tooManyRequests();
  }
}
