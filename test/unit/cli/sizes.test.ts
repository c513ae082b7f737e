import { expect, test } from "vitest";

import { boundsIn, sizesIn } from "../../../src/cli/life/sizes.ts";

test("Sizes and bounds are a number, or one for each group", () => {
  expect(sizesIn(["4"], "scale")).toEqual([{ group: undefined, workers: 4 }]);
  expect(sizesIn(["cpu=4", "gpu=0"], "scale")).toEqual([
    { group: "cpu", workers: 4 },
    { group: "gpu", workers: 0 },
  ]);
  expect(boundsIn(["0..8"], "adapt")).toEqual([{ group: undefined, minimum: 0, maximum: 8 }]);
  expect(boundsIn(["gpu"], "adapt")).toEqual([{ group: "gpu" }]);
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
  expect(() => boundsIn([word], "adapt")).toThrow(
    /^Expected bounds such as 0\.\.8 or gpu=0\.\.8, or the name of a group/,
  );
});

test("A group has one size", () => {
  expect(() => sizesIn(["gpu=4", "gpu=4"], "scale")).toThrow("The group gpu has two sizes.");
  expect(() => sizesIn(["4", "5"], "scale")).toThrow("There are two sizes.");
  expect(() => boundsIn(["gpu=0..1", "gpu=0..2"], "adapt")).toThrow("two bounds");
});
