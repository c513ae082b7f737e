import * as fc from "fast-check";
import { expect, test } from "vitest";

import { batchesOf, chunksOf, mapLimited, derivedUuid } from "../../../src/cloud/api/in-batches.ts";

test("Batches add up, are as few as possible, and respect the maximum", () => {
  fc.assert(
    fc.property(fc.nat({ max: 5000 }), fc.integer({ min: 1, max: 500 }), (count, max) => {
      const batches = batchesOf(count, max);
      expect(batches.reduce((sum, batch) => sum + batch, 0)).toBe(count);
      expect(batches).toHaveLength(Math.ceil(count / max));
      expect(batches.every((batch) => batch >= 1 && batch <= max)).toBe(true);
      const items = Array.from({ length: count }, (_, nth) => nth);
      expect(chunksOf(items, max).map(({ length }) => length)).toEqual(batches);
      expect(chunksOf(items, max).flat()).toEqual(items);
    }),
  );
});

test("Work runs on every item, in place, within the concurrency limit, even if items fail", async () => {
  let [now, most] = [0, 0];
  const results = await mapLimited([0, 1, 2, 3, 4, 5, 6], 3, async (item) => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    if (item % 3 === 0) throw new Error(`not ${item}`);
    return item * 2;
  });
  expect(most).toBe(3);
  expect(results.map((each) => (each.status === "fulfilled" ? each.value : String(each.reason)))).toEqual([
    "Error: not 0",
    2,
    4,
    "Error: not 3",
    8,
    10,
    "Error: not 6",
  ]);
});

test("An idempotency token is a UUID derived from its parts only", () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
      expect(derivedUuid(...a)).toMatch(uuid);
      expect(derivedUuid(...a) === derivedUuid(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
  expect(derivedUuid("ab", "c")).not.toBe(derivedUuid("a", "bc"));
});
