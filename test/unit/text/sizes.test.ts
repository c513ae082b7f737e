import { expect, test } from "vitest";

import { readGibibytes } from "../../../src/text/sizes.ts";

test.each([
  ["50GB", 50],
  ["50GiB", 50],
  ["50G", 50],
  ["50 gb", 50],
  ["1TB", 1024],
  ["1.5TiB", 1536],
  ["2048MB", 2],
])("%s is %i GiB", (text, gib) => {
  expect(readGibibytes(text)).toBe(gib);
});

test.each([
  "",
  "50",
  "GB",
  "-1GB",
  "50KB",
  "50GBs",
  "1e3GB",
  "512MB",
  "50.5GB",
  "50 G B",
  "50Gbit",
  "9".repeat(30) + "TB",
])("%j is no whole number of GiB", (text) => {
  expect(readGibibytes(text)).toBeUndefined();
});
