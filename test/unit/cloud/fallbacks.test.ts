import * as fc from "fast-check";
import { expect, test } from "vitest";

import { CloudError, type CloudErrorParts } from "../../../src/cloud/errors/cloud-error.ts";
import { createWithFallbacks } from "../../../src/cloud/machines/fallbacks.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { CreatedMachines, Machine } from "../../../src/provider/machine.ts";
import { worker } from "../cluster/machines.ts";

const NO_CAPACITY = new DaskFleetError("CAPACITY_UNAVAILABLE", "none left");

interface Place {
  readonly name: string;
  readonly capacity: number;
}

function machinesOf(place: Place, count: number): Machine[] {
  return Array.from({ length: count }, (_, nth) => worker(`${place.name}-${nth}`));
}

async function give(place: Place, count: number): Promise<CreatedMachines> {
  const machines = machinesOf(place, Math.min(count, place.capacity));
  return machines.length === count ? { machines } : { machines, shortfall: NO_CAPACITY };
}

const WORDS = {
  describe: ({ name }: Place): string => name,
  quotaOf: ({ name }: Place): string => name.replace(/ in .*/, ""),
};

test("Machines are created to the available capacity, in the order of the places, and never beyond the request", async () => {
  const places = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(places, fc.integer({ min: 1, max: 12 }), async (capacities, count) => {
      const candidates = capacities.map((capacity, nth) => ({ name: `p${nth}`, capacity }));
      const made = await createWithFallbacks(candidates, count, give, WORDS);
      const all = candidates.flatMap((place) => machinesOf(place, place.capacity));
      expect(made.machines).toEqual(all.slice(0, count));
      expect(made.shortfall === undefined).toBe(all.length >= count);
    }),
  );
});

test("When no place has enough capacity, the error names each with its reason", async () => {
  const candidates = [
    { name: "m7i.large in zone a", capacity: 1 },
    { name: "m7i.large in zone b", capacity: 0 },
  ];
  const { machines, shortfall, uncertain } = await createWithFallbacks(candidates, 3, give, WORDS);
  expect(machines).toHaveLength(1);
  expect(uncertain).toBe(false);
  expect(shortfall).toMatchObject({
    code: "CAPACITY_UNAVAILABLE",
    message: expect.stringMatching(/m7i.large in zone a, m7i.large in zone b: none left/),
  });
});

test.each([
  [new DaskFleetError("CONFIG_INVALID", "no such image"), false],
  [new DaskFleetError("AUTH_FAILED", "expired"), false],
  [new DaskFleetError("PROVIDER_FAILED", "no answer"), true],
  [new Error("socket hang up"), true],
])("%s ends the fall-back; only a plain refusal proves that nothing was created", async (error, uncertain) => {
  const tried: string[] = [];
  const made = await createWithFallbacks(
    [
      { name: "first", capacity: 1 },
      { name: "second", capacity: 9 },
      { name: "third", capacity: 9 },
    ],
    3,
    async (place, count) => {
      tried.push(place.name);
      if (place.name === "second") throw error;
      return await give(place, count);
    },
    WORDS,
  );
  expect(tried).toEqual(["first", "second"]);
  expect(made).toMatchObject({ machines: [{ id: "first-0" }], shortfall: error, uncertain });
});

test("A shared exhausted quota is not requested again, and is the error's reason", async () => {
  const tried: string[] = [];
  const places = ["m7i.large in zone a", "m7i.large in zone b", "m5.large in zone a"];
  const { shortfall } = await createWithFallbacks(
    places.map((name) => ({ name, capacity: 0 })),
    2,
    ({ name }) => {
      tried.push(name);
      return Promise.reject(new DaskFleetError("QUOTA_EXCEEDED", "no more vCPUs"));
    },
    WORDS,
  );
  expect(tried).toEqual(["m7i.large in zone a", "m5.large in zone a"]);
  expect(shortfall).toMatchObject({ code: "QUOTA_EXCEEDED" });
});

function refusal(sentence: string, said: string, parts: Partial<CloudErrorParts> = {}): CloudError {
  return new CloudError({
    code: "CAPACITY_UNAVAILABLE",
    meaning: "capacity",
    elsewhere: true,
    refused: true,
    cloudCode: "None",
    sentence,
    said,
    ...parts,
  });
}

test("The same reason appears once, with all its places", async () => {
  const places = ["a", "b", "c", "d"].map((name) => ({ name: `m7i.large in zone ${name}`, capacity: 0 }));
  const { shortfall } = await createWithFallbacks(
    places,
    2,
    ({ name }) =>
      Promise.reject(
        name.endsWith("c") ? refusal("A limit is used up.", "Limit") : refusal("No room.", `Insufficient: in ${name}`),
      ),
    { ...WORDS, quotaOf: ({ name }) => name },
  );
  expect(shortfall?.message).toBe(
    "Not enough capacity. Tried:\n" +
      "- m7i.large in zone a, m7i.large in zone b, m7i.large in zone d: No room. (Insufficient: in m7i.large in zone a)\n" +
      "- m7i.large in zone c: A limit is used up. (Limit)",
  );
});

test("The next place is tried after a place-specific refusal; if no place can ever succeed, the error says so", async () => {
  const tried: string[] = [];
  const places = ["a", "b"].map((name) => ({ name, capacity: 0 }));
  const { shortfall, uncertain } = await createWithFallbacks(
    places,
    1,
    ({ name }) => {
      tried.push(name);
      return Promise.reject(
        refusal("The zone does not offer the type.", name, { code: "CONFIG_INVALID", meaning: "configuration" }),
      );
    },
    WORDS,
  );
  expect(tried).toEqual(["a", "b"]);
  expect(uncertain).toBe(false);
  expect(shortfall).toMatchObject({ code: "CONFIG_INVALID", meaning: "configuration" });
});
