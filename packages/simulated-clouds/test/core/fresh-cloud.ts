import { afterEach, beforeEach, expect } from "vitest";

import type { HttpCloud } from "../../src/core/http-cloud.ts";

interface Given<Cloud extends HttpCloud, Sdk> {
  readonly cloud: Cloud;
  readonly sdk: Sdk;
}

/** Gives each test a cloud of its own, and the SDK that uses it. A request that was not understood fails the test. */
export function freshCloud<Cloud extends HttpCloud, Sdk>(
  create: () => Cloud,
  sdkOf: (cloud: Cloud) => Sdk,
): Given<Cloud, Sdk> {
  let given: Given<Cloud, Sdk> | undefined;
  beforeEach(async () => {
    const cloud = await create().start();
    given = { cloud, sdk: sdkOf(cloud) };
  });
  afterEach(async () => {
    const violations = [...(given?.cloud.violations ?? [])];
    await given?.cloud[Symbol.asyncDispose]();
    given = undefined;
    expect(violations).toEqual([]);
  });
  const now = (): Given<Cloud, Sdk> => {
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
