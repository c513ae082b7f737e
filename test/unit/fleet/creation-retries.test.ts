import { describe, expect, test } from "vitest";

import { DaskFleetError, type Meaning } from "../../../src/errors.ts";
import { CreationRetries } from "../../../src/fleet/creation-retries.ts";

function refusal(meaning: Meaning): DaskFleetError {
  return new DaskFleetError("PROVIDER_FAILED", `no: ${meaning}`, { meaning });
}

describe("Machines that the cloud refuses", () => {
  test("are asked for again for ever, after pauses that double up to a minute", () => {
    let now = 0;
    const retries = new CreationRetries(
      () => now,
      () => 0,
    );
    const pauses = Array.from({ length: 12 }, () => {
      retries.failed(refusal("capacity"), false);
      const pauseMs = retries.nextTryInMs;
      expect(retries.mayTry).toBe(false);
      now += pauseMs;
      expect(retries.mayTry).toBe(true);
      return pauseMs;
    });
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000, 60_000]);
    expect([retries.hopeless, retries.trouble?.attempts]).toEqual([undefined, 12]);
  });

  test("are not asked for by all clusters at the same moment", () => {
    const retries = new CreationRetries(
      () => 0,
      () => 1,
    );
    retries.failed(refusal("capacity"), false);
    expect(retries.nextTryInMs).toBe(625);
  });

  test.each([
    ["policy", 1],
    ["configuration", 1],
    ["permission", 2],
    ["credentials", 2],
    ["quota", 8],
  ] as const)("for %s tell a caller that waits after %i refusals, and are tried all the same", (meaning, refusals) => {
    const retries = new CreationRetries(() => 0);
    for (let nth = 1; nth < refusals; nth += 1) retries.failed(refusal(meaning), false);
    expect(retries.hopeless).toBeUndefined();
    retries.failed(refusal(meaning), false);
    expect(retries.hopeless).toMatchObject({ meaning });
    expect(retries.nextTryInMs).toBeLessThan(80_000);
  });

  test.each(["transient", "throttled", "capacity", "gone", "unknown"] as const)("for %s never do", (meaning) => {
    const retries = new CreationRetries(() => 0);
    for (let nth = 0; nth < 100; nth += 1) retries.failed(refusal(meaning), false);
    expect(retries.hopeless).toBeUndefined();
  });

  test("for one odd refusal among others prove nothing", () => {
    const retries = new CreationRetries(() => 0);
    for (const meaning of ["credentials", "capacity", "credentials", "transient"] as const)
      retries.failed(refusal(meaning), false);
    expect(retries.hopeless).toBeUndefined();
  });

  test("are asked for soon while some are given, and at once when somebody asks or all are there", () => {
    const retries = new CreationRetries(() => 0);
    for (let nth = 0; nth < 9; nth += 1) retries.failed(refusal("capacity"), false);
    retries.failed(refusal("capacity"), true);
    expect(retries.nextTryInMs).toBeLessThan(700);
    retries.askAnew();
    expect([retries.mayTry, retries.trouble?.error.message]).toEqual([true, "no: capacity"]);
    retries.succeeded();
    expect(retries.trouble).toBeUndefined();
  });
});
