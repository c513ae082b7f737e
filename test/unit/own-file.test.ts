import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";

import { expect, test } from "vitest";

import manifest from "#package.json" with { type: "json" };

import { nodeProblem } from "../../src/node-version.ts";
import { ownFile } from "../../src/own-file.ts";

test.each(["docs/providers/aws.md", "templates/cloudprovider.yaml", "SECURITY.md"])(
  "%s comes with the package",
  (path) => {
    const file = ownFile(path);
    expect([isAbsolute(file), existsSync(file)]).toEqual([true, true]);
    expect(manifest.files).toContain(path.split("/")[0]);
  },
);

test.each([
  ["22.12.0", false],
  ["22.13.1", false],
  ["24.0.0", false],
  ["22.11.9", true],
  ["20.20.2", true],
  ["9.99.0", true],
])("Node.js %s is too old: %s", (version, isOld) => {
  const sentence = `dask-fleet needs Node.js 22.12 or newer; this is v${version}.`;
  expect(nodeProblem(version)).toBe(isOld ? sentence : undefined);
});

test("This Node.js will do", () => {
  expect(nodeProblem()).toBeUndefined();
});
