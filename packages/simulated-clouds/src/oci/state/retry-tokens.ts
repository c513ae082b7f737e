import { createHash } from "node:crypto";

import type { TimeSource } from "../../core/clock.ts";
import { ApiError, invalid } from "../api-error.ts";

const LIFETIME_MS = 24 * 3_600_000;
const LONGEST = 64;

interface Spent {
  readonly digest: string;
  readonly id: string;
  readonly at: number;
}

/** What calls with an `opc-retry-token` have made: the same call makes nothing more for 24 hours. */
export class RetryTokens {
  readonly #clock: TimeSource;
  readonly #spent = new Map<string, Spent>();

  constructor(clock: TimeSource) {
    this.#clock = clock;
  }

  /**
   * Makes something, or finds what the same call made before. A call that fails spends no token.
   *
   * @param find what was made before; undefined where it is gone
   * @throws ApiError 409 where the token stands for another request, or for what is gone
   */
  once<Item extends { readonly id: string }>(
    {
      operation,
      token,
      body,
    }: { readonly operation: string; readonly token: string | undefined; readonly body: Buffer },
    make: () => Item,
    find: (id: string) => Item | undefined,
  ): Item {
    if (token === undefined) return make();
    if (token.length === 0 || token.length > LONGEST) {
      throw invalid(`The length of opc-retry-token must be between 1 and ${LONGEST}`);
    }
    const key = `${operation} ${token}`;
    const digest = createHash("sha256").update(body).digest("base64");
    const spent = this.#spent.get(key);
    if (spent === undefined || spent.at + LIFETIME_MS < this.#clock.now()) {
      const item = make();
      this.#spent.set(key, { digest, id: item.id, at: this.#clock.now() });
      return item;
    }
    const found = find(spent.id);
    if (spent.digest !== digest || found === undefined) {
      throw new ApiError(
        409,
        "InvalidatedRetryToken",
        "The provided retry token was used in an earlier request that resulted in a system update, but a subsequent operation invalidated the token.",
      );
    }
    return found;
  }
}
