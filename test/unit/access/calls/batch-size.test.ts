import { expect, test } from "vitest";

import { BatchSize } from "../../../../src/access/calls/map/batch-size.ts";

const MANY = Number.POSITIVE_INFINITY;

test("Batches grow until a task takes about half a second, and shrink at once", () => {
  const sizes = new BatchSize(undefined, undefined);
  expect(sizes.size(2, MANY)).toBe(1);
  const seen = Array.from({ length: 6 }, () => {
    const size = sizes.size(2, MANY);
    sizes.observe(size, size * 0.002);
    return size;
  });
  expect(seen).toEqual([1, 4, 16, 64, 250, 250]);
  sizes.observe(250, 250);
  expect(sizes.size(2, MANY)).toBe(1);
});

test("Batches never exceed 1,000 inputs, and the last ones are shared among all threads", () => {
  const sizes = new BatchSize(undefined, undefined);
  for (let round = 0; round < 20; round += 1) sizes.observe(sizes.size(2, MANY), 1e-6);
  expect(sizes.size(2, MANY)).toBe(1000);
  expect(sizes.size(4, 80)).toBe(10);
  expect(sizes.size(4, 1)).toBe(1);
  expect(sizes.window(10)).toBe(30);
});

test("A batch size of the caller's is kept; very short tasks have a larger window", () => {
  const sizes = new BatchSize(1, undefined);
  expect(sizes.window(2)).toBe(6);
  sizes.observe(1, 0.0001);
  expect(sizes.size(2, MANY)).toBe(1);
  expect(sizes.window(2)).toBe(512);
  expect(sizes.refillAt(2)).toBe(256);
  expect(new BatchSize(1, 3).window(100)).toBe(3);
});
