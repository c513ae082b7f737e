/** From here on calls are spread over the time that is left. */
const RESERVE = 0.1;
const LONGEST_PAUSE_MS = 60_000;

/** What DigitalOcean's answers tell of how many calls are left. */
export class CallBudget {
  #remaining = Number.POSITIVE_INFINITY;
  #limit = 0;
  #resetAt = 0;

  /** @param headers of an answer: `ratelimit-limit`, `ratelimit-remaining`, and `ratelimit-reset` in Unix time */
  learn(headers: Headers): void {
    const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) => headers.get(`ratelimit-${name}`));
    if (typeof limit !== "string" || typeof remaining !== "string" || typeof reset !== "string") return;
    this.#limit = Number(limit);
    this.#remaining = Number(remaining);
    this.#resetAt = Number(reset) * 1000;
  }

  /** How long the next call should wait, in milliseconds. */
  get pauseMs(): number {
    if (!(this.#remaining < this.#limit * RESERVE)) return 0;
    const leftMs = Math.max(0, this.#resetAt - Date.now());
    return Math.min(LONGEST_PAUSE_MS, leftMs / (this.#remaining + 1));
  }
}
