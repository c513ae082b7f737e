import { describe, expect, test } from "vitest";

import { FailureBudget } from "../../../src/cluster/failure-budget.ts";
import { DaskFleetError } from "../../../src/errors.ts";

describe("A fleet whose machines fail", () => {
  test("pauses twice as long after each failure, and a minute at the most", () => {
    let now = 0;
    const budget = new FailureBudget(100, () => now);
    const pauses: number[] = [];
    for (let failure = 0; failure < 10; failure += 1) {
      budget.failed(new Error("no"));
      const failedAt = now;
      while (!budget.mayTry) now += 250;
      pauses.push(now - failedAt);
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test("gives up after four in a row, with the last reason", () => {
    const budget = new FailureBudget(undefined, () => Infinity);
    for (const reason of ["one", "two", "three"]) budget.failed(new Error(reason));
    expect(budget.exhaustedBy).toBeUndefined();
    budget.failed(new Error("four"));
    expect(budget.exhaustedBy?.message).toBe("four");
    expect(budget.mayTry).toBe(false);
  });

  test("begins to count anew when a machine did its work or somebody asks anew", () => {
    const budget = new FailureBudget(2, () => 0);
    budget.failed(new Error("one"));
    budget.reset();
    expect(budget.mayTry).toBe(true);
    budget.failed(new Error("two"));
    expect(budget.exhaustedBy).toBeUndefined();
    budget.failed(new Error("three"));
    expect(budget.exhaustedBy?.message).toBe("three");
    budget.reset();
    expect(budget.exhaustedBy).toBeUndefined();
    expect(budget.last?.message).toBe("three");
  });

  test.each(["CONFIG_INVALID", "AUTH_FAILED", "SDK_MISSING", "PYTHON_UNSUITABLE"] as const)(
    "gives up at once on %s: trying again cannot help",
    (code) => {
      const budget = new FailureBudget(4, () => 0);
      budget.failed(new DaskFleetError(code, "hopeless"));
      expect(budget.exhaustedBy).toMatchObject({ code });
    },
  );

  test.each(["CAPACITY_UNAVAILABLE", "QUOTA_EXCEEDED", "MACHINE_CREATE_FAILED", "START_FAILED"] as const)(
    "tries again after %s",
    (code) => {
      const budget = new FailureBudget(4, () => 0);
      budget.failed(new DaskFleetError(code, "later"));
      expect(budget.exhaustedBy).toBeUndefined();
    },
  );
});
