import { expect, test } from "vitest";

import { SimClock } from "../../src/core/clock.ts";
import { TokenBucket } from "../../src/core/token-bucket.ts";

function manual(): { now: () => number; pass: (ms: number) => void } {
  let time = 1_000_000;
  return {
    now: () => time,
    pass: (ms) => {
      time += ms;
    },
  };
}

test("a bucket starts full, empties and refills by simulated time up to its capacity", () => {
  const clock = manual();
  const bucket = new TokenBucket({ capacity: 3, refillPerSecond: 2 }, clock);
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
  clock.pass(499);
  expect(bucket.take()).toBe(false);
  clock.pass(1);
  expect([bucket.take(), bucket.take()]).toEqual([true, false]);
  clock.pass(3_600_000);
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
});

test("several tokens are taken together or not at all", () => {
  const clock = manual();
  const bucket = new TokenBucket({ capacity: 1000, refillPerSecond: 2 }, clock);
  expect(bucket.take(1001)).toBe(false);
  expect(bucket.take(900)).toBe(true);
  expect(bucket.take(101)).toBe(false);
  expect(bucket.take(100)).toBe(true);
  clock.pass(50_000);
  expect(bucket.take(101)).toBe(false);
  expect(bucket.take(100)).toBe(true);
});

test("on a clock that runs faster, tokens come back faster", async () => {
  const clock = new SimClock({ speed: 1000 });
  const bucket = new TokenBucket({ capacity: 1, refillPerSecond: 0.1 }, clock);
  expect([bucket.take(), bucket.take()]).toEqual([true, false]);
  await clock.sleep(10_500);
  expect(bucket.take()).toBe(true);
  clock.dispose();
});
