import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";

import { expect, onTestFinished, test } from "vitest";

import manifest from "../../../package.json" with { type: "json" };
import { ownFile, packageFolder } from "../../../src/files/own-file.ts";
import { nodeProblem } from "../../../src/node-version.ts";

test.each(["docs/providers/aws.md", "templates/cloudprovider.yaml", "SECURITY.md"])("%s is in the package", (path) => {
  const file = ownFile(path);
  expect([isAbsolute(file), existsSync(file)]).toEqual([true, true]);
  expect(manifest.files.some((packed) => path === packed || path.startsWith(`${packed}/`))).toBe(true);
});

test("The package's folder is found wherever a package manager puts it", () => {
  const folder = mkdtempSync(join(tmpdir(), "dask-fleet-own-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const module = pathToFileURL(join(folder, "dist", "src", "files", "own-file.js")).href;
  expect(packageFolder(module)).toBeUndefined();
  writeFileSync(join(folder, "package.json"), "{}");
  expect(packageFolder(module)).toBe(folder);
  const zip = join(folder, "cache", "dask-fleet.zip", "node_modules", "dask-fleet");
  mkdirSync(zip, { recursive: true });
  writeFileSync(join(zip, "package.json"), "{}");
  expect(packageFolder(pathToFileURL(join(zip, "dist", "src", "files", "own-file.js")).href)).toBeUndefined();
});

test.each([
  ["a bundle", import.meta.url],
  ["a bundle of CommonJS", ""],
  ["webpack's, on another computer", "file:///build/node_modules/dask-fleet/dist/src/files/own-file.js"],
  ["the web", "https://example.com/dist/src/files/own-file.js"],
])("%s has no folder, and files are named by the package", (_where, module) => {
  const folder = packageFolder(module);
  expect(folder).toBeUndefined();
  expect(ownFile("docs/providers/aws.md", folder ?? "/nowhere")).toBe(
    `docs/providers/aws.md (in the npm package dask-fleet@${manifest.version})`,
  );
});

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

test("The current Node.js is accepted", () => {
  expect(nodeProblem()).toBeUndefined();
});
