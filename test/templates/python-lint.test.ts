import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { type Diagnostic, PositionEncoding, Workspace } from "@astral-sh/ruff-wasm-nodejs";
import { expect, test } from "vitest";

const TEMPLATES = fileURLToPath(new URL("../../templates", import.meta.url));
const modules = readdirSync(TEMPLATES, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".py"));

/** Mistakes (F, B, PLE, ASYNC), style (E, W), sorted imports (I), and what Python 3.9 does not have. */
const RULES = {
  "target-version": "py39",
  "line-length": 120,
  lint: { select: ["F", "B", "E", "W", "I", "PLE", "ASYNC"] },
};

test.each(modules)("ruff finds nothing in %s", (name) => {
  const ruff = new Workspace(RULES, PositionEncoding.Utf16);
  const found: readonly Diagnostic[] = ruff.check(readFileSync(join(TEMPLATES, name), "utf8"));
  expect(found.map(({ code, message, start_location: { row } }) => `${row}: ${code ?? ""} ${message}`)).toEqual([]);
});
