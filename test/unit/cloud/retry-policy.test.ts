import { describe, expect, test } from "vitest";

import { type RetryPolicy, retryPauseMs, withRetries } from "../../../src/cloud/api/retry-policy.ts";

const POLICY: RetryPolicy<string> = {
  rules: [
    { when: (failure) => failure === "conflict", firstMs: 10, longestMs: 20, retries: 50 },
    { when: (failure) => failure === "new", firstMs: 10, longestMs: 500, forMs: 1000 },
    { when: (failure) => failure === "throttled", firstMs: 1000, longestMs: 8000 },
    { when: (failure) => failure !== "final", firstMs: 100, longestMs: 8000 },
  ],
  retries: 2,
};

const NEVER = new AbortController().signal;

describe("A retry policy", () => {
  test("uses the first matching rule, and none for an unmatched failure", () => {
    const pauseOf = (failure: string): number | undefined => retryPauseMs(POLICY, { failure, failed: 1 });
    expect(pauseOf("throttled")).toBeGreaterThanOrEqual(1000);
    expect(pauseOf("other")).toBeLessThanOrEqual(125);
    expect(pauseOf("final")).toBeUndefined();
  });

  test("retries as often as the policy says, or the rule if it sets its own number", () => {
    const isRetried = (failure: string, failed: number): boolean =>
      retryPauseMs(POLICY, { failure, failed }) !== undefined;
    expect([2, 3].map((failed) => isRetried("other", failed))).toEqual([true, false]);
    expect([50, 51].map((failed) => isRetried("conflict", failed))).toEqual([true, false]);
  });

  test("retries for as long as the rule says, without a count, with a last attempt at the end", () => {
    const pauseAt = (elapsedMs: number): number | undefined =>
      retryPauseMs(POLICY, { failure: "new", failed: 40, elapsedMs });
    expect(pauseAt(100)).toBeGreaterThanOrEqual(500);
    expect(pauseAt(999)).toBe(1);
    expect(pauseAt(1000)).toBeUndefined();
  });

  test("waits as long as the cloud asks, up to a minute", () => {
    const told = (toldMs: number): number => retryPauseMs(POLICY, { failure: "throttled", failed: 1, toldMs }) ?? -1;
    expect(told(7000)).toBe(7000);
    expect(told(3_600_000)).toBe(60_000);
  });

  test("does not retry before our own first pause, even if the cloud asks for less", () => {
    const pauseMs = retryPauseMs(POLICY, { failure: "throttled", failed: 1, toldMs: 0 });
    expect(pauseMs).toBeLessThanOrEqual(125);
  });
});

describe("A retried call", () => {
  /** A call that fails with each of these in turn, then succeeds. */
  function calls(...failures: readonly string[]): {
    readonly made: () => number;
    readonly attempt: () => Promise<string>;
  } {
    let made = 0;
    const attempt = async (): Promise<string> => {
      made += 1;
      const failure = failures[made - 1];
      if (failure !== undefined) throw new Error(failure);
      return "done";
    };
    return { made: () => made, attempt };
  }

  const settings = {
    policy: POLICY,
    signal: NEVER,
    read: (thrown: unknown, attempts: number) => {
      const failure = (thrown as Error).message;
      return { failure, error: () => new Error(`${failure} after ${attempts}`) };
    },
    wait: async () => undefined,
  };

  test("returns the first answer", async () => {
    const { attempt, made } = calls("other", "throttled");
    expect(await withRetries(attempt, settings)).toBe("done");
    expect(made()).toBe(3);
  });

  test("throws the last failure, with the number of attempts", async () => {
    const { attempt } = calls("other", "other", "throttled", "other");
    await expect(withRetries(attempt, settings)).rejects.toThrow("throttled after 3");
  });

  test("throws a final failure immediately", async () => {
    const { attempt, made } = calls("final");
    await expect(withRetries(attempt, settings)).rejects.toThrow("final after 1");
    expect(made()).toBe(1);
  });

  test("is not made after an abort, and throws the abort's reason instead of the failure", async () => {
    const caller = new AbortController();
    const reason = new Error("given up");
    let made = 0;
    const attempt = async (): Promise<never> => {
      made += 1;
      caller.abort(reason);
      throw new Error("other");
    };
    await expect(withRetries(attempt, { ...settings, signal: caller.signal })).rejects.toBe(reason);
    await expect(withRetries(attempt, { ...settings, signal: caller.signal })).rejects.toBe(reason);
    expect(made).toBe(1);
  });

  test("pauses between attempts, unless it is aborted", async () => {
    const caller = new AbortController();
    const reason = new Error("given up");
    const { attempt } = calls("throttled");
    const { wait: _wait, ...plain } = settings;
    setTimeout(() => caller.abort(reason), 5);
    await expect(withRetries(attempt, { ...plain, signal: caller.signal })).rejects.toBe(reason);
  });
});
