import { expect, test } from "vitest";

import { type NodeVersions, versionDifferences } from "../../../src/dask/versions.ts";

const SAME = { distributed: "2026.8.0", dask: "2026.8.0", msgpack: "1.1.0", cloudpickle: "3.1.0" };

function node(python: string, packages: Record<string, string>): NodeVersions {
  return { python, os: "Linux", machine: "x86_64", packages };
}

function compare(...workers: NodeVersions[]): readonly string[] {
  return versionDifferences(node("3.12.4", SAME), workers);
}

test("Equal versions do not differ", () => {
  expect(compare()).toEqual([]);
  expect(compare(node("3.12.9", { ...SAME, numpy: "2.0.0" }), node("3.12.4", SAME))).toEqual([]);
});

test("Each difference is reported once, with both versions", () => {
  const old = node("3.11.9", { ...SAME, distributed: "2026.7.0" });
  expect(compare(old, old)).toEqual(["distributed 2026.8.0 and 2026.7.0", "Python 3.12 and 3.11"]);
});

test("A package missing on one side is a difference", () => {
  const { msgpack: _, ...without } = SAME;
  expect(compare(node("3.12.4", without))).toContain("msgpack 1.1.0 and (none)");
});
