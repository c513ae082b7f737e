import { afterEach, beforeEach, expect } from "vitest";

import { patientSpeed } from "../../../../test/support/patience.ts";
import type { SimulatedOciOptions } from "../../src/oci/options.ts";
import { SimulatedOci } from "../../src/oci/simulated-oci.ts";
import { Sdk } from "./sdk.ts";

interface Given {
  readonly cloud: SimulatedOci;
  readonly sdk: Sdk;
}

/** Gives each test a cloud of its own, and the SDK that uses it. A request that was not understood fails the test. */
export function freshOci(options: SimulatedOciOptions = {}): Given {
  let given: Given | undefined;
  beforeEach(async () => {
    const cloud = await new SimulatedOci({
      speed: patientSpeed(),
      throttling: false,
      listLagMs: 0,
      ...options,
    }).start();
    given = { cloud, sdk: new Sdk(cloud) };
  });
  afterEach(async () => {
    const violations = [...(given?.cloud.violations ?? [])];
    await given?.cloud[Symbol.asyncDispose]();
    given = undefined;
    expect(violations).toEqual([]);
  });
  const now = (): Given => {
    if (given === undefined) throw new Error("There is a cloud during a test only");
    return given;
  };
  return {
    get cloud() {
      return now().cloud;
    },
    get sdk() {
      return now().sdk;
    },
  };
}
