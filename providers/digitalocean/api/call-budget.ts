import { sleep } from "../../../src/wait.ts";

/** From here on calls are spread over the time that is left. */
const RESERVE = 0.1;
const LONGEST_PAUSE_MS = 60_000;

/**
 * How many calls are left, by DigitalOcean's answers: each answer's headers count the hour's 5,000; of a minute's 250, only the answer
 * that throttles a call tells, with the time to wait.
 */
export class CallBudget {
  #remaining = Number.POSITIVE_INFINITY;
  #limit = 0;
  #resetAt = 0;
  #closedUntil = 0;

  /** @param headers of an answer: `ratelimit-limit`, `ratelimit-remaining`, and `ratelimit-reset` in Unix time */
  learn(headers: Headers): void {
    const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) => headers.get(`ratelimit-${name}`));
    if (typeof limit !== "string" || typeof remaining !== "string" || typeof reset !== "string") return;
    this.#limit = Number(limit);
    this.#remaining = Number(remaining);
    this.#resetAt = Number(reset) * 1000;
  }

  /** A call was throttled: none is made for so long, since DigitalOcean would throttle it, too. */
  closeFor(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, performance.now() + ms);
  }

  /** Waits until the next call may be made. */
  async turn(signal: AbortSignal): Promise<void> {
    await sleep(this.spreadMs, signal);
    for (;;) {
      const closedMs = this.#closedUntil - performance.now();
      if (closedMs <= 0) return;
      await sleep(closedMs, signal);
    }
  }

  /** How long a call waits so that this hour's calls last to its end, in milliseconds. */
  get spreadMs(): number {
    if (!(this.#remaining < this.#limit * RESERVE)) return 0;
    const leftMs = Math.max(0, this.#resetAt - Date.now());
    return Math.min(LONGEST_PAUSE_MS, leftMs / (this.#remaining + 1));
  }
}
