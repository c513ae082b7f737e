import { expect, test } from "vitest";

import { type NodeVersions, versionMismatch } from "../../../src/dask/versions.ts";

const SAME = { distributed: "2026.8.0", dask: "2026.8.0", msgpack: "1.1.0", cloudpickle: "3.1.0" };

function node(python: string, packages: Record<string, string>): NodeVersions {
  return { python, os: "Linux", machine: "x86_64", packages };
}

function compare(...workers: NodeVersions[]): string | undefined {
  const named = workers.map((each, index): [string, NodeVersions] => [`tls://10.0.0.${index}:1`, each]);
  return versionMismatch({ scheduler: node("3.12.4", SAME), workers: new Map(named) });
}

test("Equal versions cause no warning", () => {
  expect(compare()).toBeUndefined();
  expect(compare(node("3.12.9", { ...SAME, numpy: "2.0.0" }), node("3.12.4", SAME))).toBeUndefined();
});

test("Each difference is reported once, with both versions", () => {
  const old = node("3.11.9", { ...SAME, distributed: "2026.7.0" });
  expect(compare(old, old)).toBe(
    "The scheduler and its workers run different versions: distributed 2026.8.0 and 2026.7.0; Python 3.12 and 3.11.",
  );
});

test("A package missing on one side is a difference", () => {
  const { msgpack: _, ...without } = SAME;
  expect(compare(node("3.12.4", without))).toContain("msgpack 1.1.0 and (none)");
});
