import { expect, test } from "vitest";

import { boundsIn, sizesIn } from "../../../src/cli/life/sizes.ts";

test("Sizes and bounds are a number, or one for each group", () => {
  expect(sizesIn(["4"], "scale")).toEqual({ default: 4 });
  expect(sizesIn(["cpu=4", "gpu=0"], "scale")).toEqual({ cpu: 4, gpu: 0 });
  expect(boundsIn(["0..8"], "adapt")).toEqual([{ group: "default", minimum: 0, maximum: 8 }]);
  expect(boundsIn(["cpu=1..2", "gpu=0..1"], "adapt")).toEqual([
    { group: "cpu", minimum: 1, maximum: 2 },
    { group: "gpu", minimum: 0, maximum: 1 },
  ]);
});

test.each(["", "four", "-1", "1.5", "gpu", "gpu=", "=4", "gpu=1=2", "GPU=1", "0..8", "9999999999"])(
  "%j is no size",
  (word) => {
    expect(() => sizesIn([word], "scale")).toThrow(/^Expected a number of workers, such as 4 or gpu=2/);
  },
);

test.each(["", "8", "0..", "..8", "0...8", "1-8", "gpu=", "gpu=1", "=0..8", "0..8..9"])("%j are no bounds", (word) => {
  expect(() => boundsIn([word], "adapt")).toThrow(/^Expected bounds such as 0\.\.8 or gpu=0\.\.8/);
});

test("A group has one size", () => {
  expect(() => sizesIn(["4", "4"], "scale")).toThrow("two sizes");
  expect(() => boundsIn(["gpu=0..1", "gpu=0..2"], "adapt")).toThrow("two bounds");
});
