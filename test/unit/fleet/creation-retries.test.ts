import { describe, expect, test } from "vitest";

import { DaskFleetError, type Meaning } from "../../../src/errors.ts";
import { CreationRetries } from "../../../src/fleet/creation-retries.ts";

function refusal(meaning: Meaning): DaskFleetError {
  return new DaskFleetError("PROVIDER_FAILED", `no: ${meaning}`, { meaning });
}

describe("Machines that the cloud refuses", () => {
  test("are requested again for ever, with a back-off of up to a minute", () => {
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

  test("are not requested by all clusters at the same moment", () => {
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
  ] as const)("for %s fail a waiting caller after %i refusals, and are still requested", (meaning, refusals) => {
    const retries = new CreationRetries(() => 0);
    for (let nth = 1; nth < refusals; nth += 1) retries.failed(refusal(meaning), false);
    expect(retries.hopeless).toBeUndefined();
    retries.failed(refusal(meaning), false);
    expect(retries.hopeless).toMatchObject({ meaning });
    expect(retries.nextTryInMs).toBeLessThan(80_000);
  });

  test.each(["transient", "throttled", "capacity", "gone", "unknown"] as const)(
    "for %s never fail a waiting caller",
    (meaning) => {
      const retries = new CreationRetries(() => 0);
      for (let nth = 0; nth < 100; nth += 1) retries.failed(refusal(meaning), false);
      expect(retries.hopeless).toBeUndefined();
    },
  );

  test("for a single deviating refusal prove nothing", () => {
    const retries = new CreationRetries(() => 0);
    for (const meaning of ["credentials", "capacity", "credentials", "transient"] as const)
      retries.failed(refusal(meaning), false);
    expect(retries.hopeless).toBeUndefined();
  });

  test("are requested soon while some are created, and immediately on a new request or once complete", () => {
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
