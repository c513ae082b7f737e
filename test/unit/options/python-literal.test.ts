import * as fc from "fast-check";
import { expect, test } from "vitest";

import { pythonLiteral } from "../../../src/options/python-literal.ts";

test.each<[string, unknown]>([
  ["4", 4],
  [" -1.5e-3 # a comment", -0.0015],
  ["1_000", 1000],
  ["0x1F", 31],
  ["5.", 5],
  ["True", true],
  ["None", null],
  ["'it'", "it"],
  [String.raw`"a\x41\u00e9\n\q"`, "aAé\n\\q"],
  [String.raw`r'\n'`, String.raw`\n`],
  ["'a' \"b\"", "ab"],
  ["'''x\ny'''", "x\ny"],
  ["[1, 'a', [True,],]", [1, "a", [true]]],
  ["1, 2", [1, 2]],
  ["(1,)", [1]],
  ["(1)", 1],
  ["{1, 2}", [1, 2]],
  ["()", []],
])("%j is read as Python reads it", (source, value) => {
  expect(pythonLiteral(source)?.value).toStrictEqual(value);
});

test.each([
  "",
  "abc",
  "007",
  "true",
  "null",
  "10.0.0.0/8",
  "1.2.3",
  "[1",
  "'a",
  "'a\nb'",
  "--1",
  "b'x'",
  "1j",
  "1 2",
  "f()",
  "...",
])("%j is not a supported literal", (source) => {
  expect(pythonLiteral(source)).toBeUndefined();
});

test("keys of a dict are strings as written", () => {
  const value = new Map([
    ["None", 1],
    ["True", 2],
    ["0x10", 3],
    ["1.10", 4],
  ]);
  expect(pythonLiteral("{None: 1, True: 2, 0x10: 3, 1.10: 4}")?.value).toEqual(value);
});

test("a dict becomes a Map that also keeps its scalars as written", () => {
  const literal = pythonLiteral("{'A': 1.10, 'B': [True, None], 3: 'c'}");
  expect(literal?.value).toStrictEqual(
    new Map<string, unknown>([
      ["A", 1.1],
      ["B", [true, null]],
      ["3", "c"],
    ]),
  );
  expect(literal?.text).toStrictEqual(
    new Map<string, unknown>([
      ["A", "1.10"],
      ["B", ["True", null]],
      ["3", "c"],
    ]),
  );
});

test("hostile nesting is refused without a stack overflow", () => {
  expect(pythonLiteral("[".repeat(100_000))).toBeUndefined();
});

test("JSON without true, false, null and escapes is valid Python", () => {
  const leaf = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.stringMatching(/^[a-z ,'[\]]*$/),
  );
  const data = fc.letrec((tie) => ({ list: fc.array(fc.oneof(leaf, tie("list")), { maxLength: 4 }) })).list;
  fc.assert(
    fc.property(data, (value) => {
      expect(pythonLiteral(JSON.stringify(value))?.value).toStrictEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("any text is read without an unexpected error", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (source) => {
      expect(() => pythonLiteral(source)).not.toThrow();
    }),
  );
});
