import { describe, expect, test } from "vitest";

import { BackOff, backOffMs } from "../../src/back-off.ts";
import { Deadline } from "../../src/deadline.ts";
import { patient } from "../support/patience.ts";

const PAUSES = { firstMs: 100, longestMs: 1000 };

describe("Back-off", () => {
  test("doubles the pause with each failed attempt, up to a maximum", () => {
    const pauses = [1, 2, 3, 4, 5, 6, 5000, Number.POSITIVE_INFINITY].map((failed) => backOffMs(failed, PAUSES, 0));
    expect(pauses).toEqual([100, 200, 400, 800, 1000, 1000, 1000, 1000]);
  });

  test("grows by a configurable factor", () => {
    expect([1, 2, 3].map((failed) => backOffMs(failed, { ...PAUSES, factor: 1.5 }, 0))).toEqual([100, 150, 225]);
  });

  test("adds jitter of up to a quarter, even at the maximum pause", () => {
    expect([backOffMs(1, PAUSES, 1), backOffMs(9, PAUSES, 1)]).toEqual([125, 1250]);
    const pauses = Array.from({ length: 50 }, () => backOffMs(1, PAUSES));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(125);
    expect(new Set(pauses).size).toBeGreaterThan(1);
  });

  test("never pauses when the first pause is zero", () => {
    expect([1, 2000].map((failed) => backOffMs(failed, { firstMs: 0, longestMs: 1000 }))).toEqual([0, 0]);
  });

  test("honours the pause that the other side requests", async () => {
    const backOff = new BackOff({ firstMs: 60_000, longestMs: 60_000 });
    const beganAt = performance.now();
    await backOff.pause(20);
    expect(performance.now() - beganAt).toBeGreaterThanOrEqual(19);
    expect(performance.now() - beganAt).toBeLessThan(patient(5000));
  });

  test("ends with the deadline", async () => {
    const backOff = new BackOff({ firstMs: 60_000, longestMs: 60_000 }, { deadline: new Deadline(20) });
    const beganAt = performance.now();
    await backOff.pause();
    expect(performance.now() - beganAt).toBeLessThan(patient(5000));
  });

  test("ends with the signal, and throws its reason", async () => {
    const caller = new AbortController();
    const reason = new Error("given up");
    const backOff = new BackOff({ firstMs: 60_000, longestMs: 60_000 }, { signal: caller.signal });
    setTimeout(() => caller.abort(reason), 5);
    await expect(backOff.pause()).rejects.toBe(reason);
  });
});
