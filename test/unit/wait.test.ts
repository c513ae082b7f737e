import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Deadline, seconds } from "../../src/deadline.ts";
import { DaskFleetError } from "../../src/errors.ts";
import { poll, sleep, within } from "../../src/wait.ts";
import { patient } from "../support/patience.ts";

const caught = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);
const never = (): Promise<never> => new Promise(() => undefined);

describe("A wait", () => {
  test("polls until there is an answer", async () => {
    const ask = vi.fn(async () => (ask.mock.calls.length < 3 ? undefined : "yes"));
    expect(await poll(ask, { what: "an answer", deadline: new Deadline(5000), intervalMs: 1 })).toBe("yes");
    expect(ask).toHaveBeenCalledTimes(3);
  });

  test("times out with what it waited for, how long, and the last status", async () => {
    const deadline = new Deadline(20);
    const rain = { what: "rain", deadline, intervalMs: 5000, lastSeen: (): string => "a cloud" };
    expect(await caught(poll(async () => undefined, rain))).toMatchObject({
      code: "TIMEOUT",
      message: "Timed out after 0.02 s waiting for rain.\nLast seen: a cloud",
    });
    expect(deadline).toMatchObject({ expired: true, remainingMs: 0 });
    expect(deadline.elapsedMs).toBeLessThan(patient(2000));
  });

  test("polls once even if its time was over from the start", async () => {
    const deadline = new Deadline(0);
    expect(await poll(async () => 1, { what: "one", deadline, intervalMs: 10 })).toBe(1);
  });

  test("throws its poll's error", async () => {
    const wrong = new Error("wrong question");
    const options = { what: "x", deadline: new Deadline(1000), intervalMs: 10 };
    expect(await caught(poll(() => Promise.reject(wrong), options))).toBe(wrong);
  });

  test("throws its signal's reason, between two polls too", async () => {
    const controller = new AbortController();
    const options = { what: "x", deadline: new Deadline(60_000, controller.signal), intervalMs: 60_000 };
    const error = caught(poll(async () => undefined, options));
    setImmediate(() => controller.abort("enough"));
    expect(await error).toBe("enough");
    expect(await caught(poll(async () => 1, options))).toBe("enough");
    expect(await caught(sleep(10, AbortSignal.abort("never")))).toBe("never");
  });
});

describe("A call under a deadline", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("returns its result or throws its error, and leaves no timer", async () => {
    expect(await within("x", new Deadline(1000), async () => 7)).toBe(7);
    const wrong = new Error("wrong");
    expect(await caught(within("x", new Deadline(1000), () => Promise.reject(wrong)))).toBe(wrong);
    const thrown = (): Promise<never> => {
      throw wrong;
    };
    expect(await caught(within("x", new Deadline(1000), thrown))).toBe(wrong);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is abandoned in time if it ignores its signal, whose reason explains why", async () => {
    let seen: AbortSignal | undefined;
    const error = caught(
      within("the moon", new Deadline(90_000), (signal) => {
        seen = signal;
        return never();
      }),
    );
    await vi.advanceTimersByTimeAsync(90_000);
    const expected = { code: "TIMEOUT", message: "Timed out after 90 s waiting for the moon." };
    expect(await error).toMatchObject(expected);
    expect(seen?.reason).toMatchObject(expected);
  });

  test("does not start with an aborted signal, and ends on abort", async () => {
    const call = vi.fn(never);
    expect(await caught(within("x", new Deadline(1000, AbortSignal.abort("before")), call))).toBe("before");
    expect(call).not.toHaveBeenCalled();
    const controller = new AbortController();
    const error = caught(within("x", new Deadline(1000, controller.signal), call));
    controller.abort("now");
    expect(await error).toBe("now");
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("Durations are readable, and errors have a code", () => {
  expect([0, 0.3, 7.87, 250, 1234, 90_000].map(seconds)).toEqual([
    "0 s",
    "0.001 s",
    "0.008 s",
    "0.25 s",
    "1.23 s",
    "90 s",
  ]);
  expect(new DaskFleetError("TIMEOUT", "late")).toMatchObject({ name: "DaskFleetError", code: "TIMEOUT" });
});
