import type { SimClock } from "../core/clock.ts";
import { TokenBucket } from "../core/token-bucket.ts";
import { ApiError } from "./api-error.ts";

interface Rates {
  /** Whether a call too many is turned away. Where none is, each answer tells of a full budget. */
  readonly enforced: boolean;
  readonly perMinute: number;
  readonly perHour: number;
}

/** 250 calls in a minute and 5,000 in an hour. */
export class RateLimits {
  readonly #minute: TokenBucket;
  readonly #clock: SimClock;
  readonly #rates: Rates;
  /** When calls of the last hour came, in simulated time. */
  #hour: number[] = [];

  constructor(clock: SimClock, rates: Rates) {
    this.#clock = clock;
    this.#rates = rates;
    this.#minute = new TokenBucket({ capacity: rates.perMinute, refillPerSecond: rates.perMinute / 60 }, clock);
  }

  /** Counts a call; answers with the headers that tell of the budget. */
  take(): Readonly<Record<string, string>> {
    const now = this.#clock.now();
    if (!this.#rates.enforced) return this.headers();
    this.#hour = this.#hour.filter((at) => at > now - 3_600_000);
    const isOver = this.#hour.length >= this.#rates.perHour;
    if (isOver || !this.#minute.take()) throw tooMany({ ...this.headers(), "retry-after": this.#wireSeconds(2000) });
    this.#hour.push(now);
    return this.headers();
  }

  /** What every answer tells of the hour's budget, whatever else it says. */
  headers(): Readonly<Record<string, string>> {
    const { perHour } = this.#rates;
    const [oldest = this.#clock.now()] = this.#hour;
    const resetMs = (oldest + 3_600_000 - this.#clock.now()) / this.#clock.speed;
    return {
      "ratelimit-limit": String(perHour),
      "ratelimit-remaining": String(Math.max(0, perHour - this.#hour.length)),
      "ratelimit-reset": String(Math.ceil((Date.now() + resetMs) / 1000)),
    };
  }

  /** Simulated time as seconds of the client's own. */
  #wireSeconds(simMs: number): string {
    return String(Math.round(simMs / this.#clock.speed) / 1000);
  }
}

export function tooMany(headers: Readonly<Record<string, string>>): ApiError {
  return new ApiError(429, "too_many_requests", "API rate limit exceeded.", headers);
}
