import * as fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";

import { count, flag, instanceOf, text, textList, textRecord } from "../../../src/options/fields.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";

const NOWHERE = { DASK_ROOT_CONFIG: "/nonexistent" };

class Box {
  content = [1];
}

const SCHEMA = z.object({
  nWorkers: count().default(7),
  publicIp: flag().default(true),
  name: text({ empty: true }).default("default"),
  tags: textRecord().default({ a: "default" }),
  list: textList().default(["default"]),
  nested: z.looseObject({}).optional(),
  box: instanceOf(Box, "a Box").optional(),
  signal: instanceOf(AbortSignal, "an AbortSignal").optional(),
});

function valuesOf(options: object, env: Readonly<Record<string, string>> = {}) {
  return resolveOptions(SCHEMA, { section: "local", options, env: { ...NOWHERE, ...env }, home: "/nonexistent" })
    .values;
}

/** Text as a Python string literal that escapes everything but plain letters. */
function quoted(value: string): string {
  const escaped = Array.from(
    value,
    (char) => String.raw`\U${(char.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`,
  );
  return `'${escaped.join("")}'`;
}

const anyOptions = fc.record(
  {
    nWorkers: fc.oneof(fc.constant(0), fc.nat()),
    publicIp: fc.boolean(),
    name: fc.oneof(fc.constant(""), fc.string({ unit: "grapheme" })),
    tags: fc.dictionary(fc.stringMatching(/^[a-z]+$/), fc.oneof(fc.constant(""), fc.string({ unit: "grapheme" })), {
      noNullPrototype: true,
    }),
    list: fc.array(fc.string({ unit: "grapheme", minLength: 1 })),
  },
  { requiredKeys: [] },
);

test("given values are used: false, 0, empty strings and empty collections too", () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      expect(valuesOf(options)).toStrictEqual({ ...valuesOf({}), ...options });
    }),
  );
});

test("values from the environment are used, and the constructor overrides them", () => {
  fc.assert(
    fc.property(anyOptions, anyOptions, (configured, given) => {
      const env = environmentOf(configured);
      expect(valuesOf({}, env)).toStrictEqual({ ...valuesOf({}), ...configured });
      expect(valuesOf(given, env)).toStrictEqual({ ...valuesOf({}), ...configured, ...given });
    }),
  );
});

test("any raw environment text is a string option's value or a Python literal", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z_./:-]*$/), (raw) => {
      fc.pre(!/^(?:none|null)$/i.test(raw));
      expect(valuesOf({}, { DASK_CLOUDPROVIDER__LOCAL__NAME: raw }).name).toBe(raw);
    }),
  );
});

test("values are deeply frozen copies, independent of the caller and of other clusters", () => {
  const options = { tags: { a: "1" }, list: ["x"], nested: { deep: { list: [1] } } };
  const before = structuredClone(options);
  const [first, second] = [valuesOf(options), valuesOf(options)];
  expect(everyPart(first).every((part) => Object.isFrozen(part))).toBe(true);
  expect(everyPart(first).filter((part) => [...everyPart(second), ...everyPart(options)].includes(part))).toStrictEqual(
    [],
  );
  expect(options).toStrictEqual(before);
  expect(everyPart(options).some((part) => Object.isFrozen(part))).toBe(false);
  expect(valuesOf({}).tags).not.toBe(valuesOf({}).tags);
});

test("instances are passed by reference, unchanged", () => {
  const box = new Box();
  const { signal } = new AbortController();
  const values = valuesOf({ box, signal });
  expect(values.box).toBe(box);
  expect(values.signal).toBe(signal);
  expect(Object.isFrozen(box)).toBe(false);
});

test("an option without value or default is absent", () => {
  expect(Object.keys(valuesOf({ box: undefined, nested: { gone: undefined, kept: 0 } }))).not.toContain("box");
  expect(valuesOf({ nested: { gone: undefined, kept: 0 } }).nested).toStrictEqual({ kept: 0 });
});

test("property names of JavaScript's Object are plain names", () => {
  const tags = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>;
  expect(Object.entries(valuesOf({ tags: { constructor: "y" } }).tags)).toStrictEqual([["constructor", "y"]]);
  expect(Object.getPrototypeOf(valuesOf({ tags }).tags)).toBe(Object.prototype);
});

function environmentOf(options: Readonly<Record<string, unknown>>): Record<string, string> {
  const variables: readonly (readonly [string, string])[] = [
    ["nWorkers", "N_WORKERS"],
    ["publicIp", "PUBLIC_IP"],
    ["name", "NAME"],
    ["tags", "TAGS"],
    ["list", "LIST"],
  ];
  return Object.fromEntries(
    variables
      .filter(([option]) => options[option] !== undefined)
      .map(([option, variable]) => [`DASK_CLOUDPROVIDER__LOCAL__${variable}`, python(options[option])]),
  );
}

function python(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${quoted(key)}: ${python(item)}`)
    .join(", ")}}`;
}

function everyPart(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(everyPart)];
}
