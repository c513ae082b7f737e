import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { type Diagnostic, PositionEncoding, Workspace } from "@astral-sh/ruff-wasm-nodejs";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Mistakes (F, B, PLE, ASYNC), style (E, W), sorted imports (I), and what that Python does not have. */
const rulesFor = (version: string): object => ({
  "target-version": version,
  "line-length": 120,
  lint: { select: ["F", "B", "E", "W", "I", "PLE", "ASYNC"], isort: { "known-first-party": ["dask_fleet"] } },
});
const MODULES = [
  ["templates", "py39"],
  ["python/src", "py310"],
  ["python/tests", "py310"],
].flatMap(([folder = "", version = ""]) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".py"))
    .map((name) => [join(folder, name), version] as const),
);

test.each(MODULES)("ruff finds nothing in %s", (name, version) => {
  const ruff = new Workspace(rulesFor(version), PositionEncoding.Utf16);
  const found: readonly Diagnostic[] = ruff.check(readFileSync(join(ROOT, name), "utf8"));
  expect(found.map(({ code, message, start_location: { row } }) => `${row}: ${code ?? ""} ${message}`)).toEqual([]);
});
