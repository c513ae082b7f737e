import * as fc from "fast-check";
import { expect, test } from "vitest";

import { assertOverride, mergedOver, type RawOverride } from "../../../src/cloud/raw-override.ts";

const RAW: RawOverride = {
  option: "raw",
  refused: { UserData: "use extraBootstrap", "Interfaces.*.Subnet": "use subnetId", "Placement.Zone": "use zone" },
  shape: { Interfaces: [{ Address: {} }], Placement: {} },
};

test.each([
  [{ UserData: "x" }, /`raw` option cannot decide UserData: use extraBootstrap/],
  [{ UserData: null }, /cannot decide UserData/],
  [{ Interfaces: [{}, { Subnet: "s" }] }, /cannot decide Interfaces\[\].Subnet: use subnetId/],
  [{ Placement: { Zone: "z" } }, /cannot decide Placement.Zone/],
  [{ Interfaces: {} }, /has Interfaces, which must be a list/],
  [{ Interfaces: ["x"] }, /has Interfaces\[0\], which must be a mapping/],
  [{ Interfaces: [{ Address: 1 }] }, /has Interfaces\[0\].Address, which must be a mapping/],
  [{ Placement: "here" }, /has Placement, which must be a mapping/],
])("%j is refused", (override, message) => {
  expect(() => assertOverride(RAW, override)).toThrow(message);
});

test("Anything else is accepted", () => {
  expect(() =>
    assertOverride(RAW, { Placement: { Tenancy: "dedicated" }, Interfaces: [{ Type: "efa" }], Other: [1] }),
  ).not.toThrow();
});

test("An override changes and adds: mappings by name, lists by index", () => {
  const base = { a: 1, inner: { b: [{ c: 1, d: 2 }, { c: 3 }] }, list: [1] };
  const override = { a: 2, inner: { b: [{ c: 9 }], e: null }, list: [undefined, 5], f: false };
  expect(mergedOver(base, override)).toEqual({
    a: 2,
    inner: { b: [{ c: 9, d: 2 }, { c: 3 }], e: undefined },
    list: [1, 5],
    f: false,
  });
});

test("An override removes nothing: every path of the base remains", () => {
  const tree = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.constant(null),
      fc.dictionary(fc.constantFrom("a", "b", "c"), tie("tree")),
    ),
  })).tree;
  const mapping = fc.dictionary(fc.constantFrom("a", "b", "c"), tree);
  const paths = (value: unknown, at = ""): string[] =>
    typeof value === "object" && value !== null
      ? Object.entries(value).flatMap(([name, inner]) => [`${at}.${name}`, ...paths(inner, `${at}.${name}`)])
      : [];
  fc.assert(
    fc.property(mapping, mapping, (base, override) => {
      const top = Object.keys(base);
      expect(paths(mergedOver(base, override))).toEqual(expect.arrayContaining(top.map((name) => `.${name}`)));
    }),
  );
});
