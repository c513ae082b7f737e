import { describe, expect, test } from "vitest";

import {
  capacityTypesOf,
  hasPublicIp,
  nearestFirst,
  typeInWords,
  withCapacityTypes,
} from "../../../src/cloud/machines/placement.ts";

describe("Capacity types", () => {
  test.each([
    [false, ["on-demand"]],
    [true, ["spot"]],
    ["with-fallback", ["spot", "on-demand"]],
  ] as const)("of workers with `spot: %j` are %j; the scheduler is always on demand", (spot, types) => {
    expect(capacityTypesOf("worker", spot)).toEqual(types);
    expect(capacityTypesOf("scheduler", spot)).toEqual(["on-demand"]);
  });

  test("are tried one after the other, each in every place", () => {
    expect(withCapacityTypes("worker", "with-fallback", [{ zone: "a" }, { zone: "b" }])).toEqual([
      { zone: "a", capacityType: "spot" },
      { zone: "b", capacityType: "spot" },
      { zone: "a", capacityType: "on-demand" },
      { zone: "b", capacityType: "on-demand" },
    ]);
  });

  test("are named in errors only for spot", () => {
    expect([typeInWords("m7i.large", "spot"), typeInWords("m7i.large", "on-demand")]).toEqual([
      "m7i.large (spot)",
      "m7i.large",
    ]);
  });
});

describe("Places", () => {
  const zones = ["a", "b", "c"];
  const order = (role: "scheduler" | "worker", schedulerZone?: string): readonly string[] =>
    nearestFirst(role, zones, schedulerZone, (zone) => zone);

  test("start with the scheduler's zone for workers, and keep the user's order otherwise", () => {
    expect(order("worker", "b")).toEqual(["b", "a", "c"]);
  });

  test("keep the user's order for the scheduler, without a zone, and for an unknown zone", () => {
    expect([order("scheduler", "b"), order("worker"), order("worker", "z")]).toEqual([zones, zones, zones]);
  });
});

test("each role's option decides its public address", () => {
  const options = { publicIp: true, workerPublicIp: false };
  expect([hasPublicIp("scheduler", options), hasPublicIp("worker", options)]).toEqual([true, false]);
});
