import { runInNewContext } from "node:vm";

import { describe, expect, test } from "vitest";

import { resolveLocalOptions } from "../../providers/local/options/schema.ts";
import { CommLost } from "../../src/dask/dask-errors.ts";
import { asError, isError, messageOf } from "../../src/errors.ts";
import { frozenCopy } from "../../src/options/resolve.ts";
import { isPlainObject } from "../../src/plain-object.ts";

/** A value of another realm, as in Jest's tests and in Node.js itself. */
const foreign = (code: string): unknown => runInNewContext(code);

describe("An error of another realm is recognised", () => {
  test.each([
    ["an Error", "new Error('told')"],
    ["a built-in subclass", "new TypeError('told')"],
    ["a custom subclass", "new (class extends Error { name = 'Own' })('told')"],
    ["an error thrown in that realm", "try { null.x } catch (e) { e.message = 'told'; e }"],
  ])("%s", (_what, code) => {
    const error = foreign(code);
    expect(error).not.toBeInstanceOf(Error);
    expect([isError(error), messageOf(error)]).toEqual([true, "told"]);
    expect(asError(error)).toBe(error);
  });

  test("of this realm, and an abort's reason, too", () => {
    expect([new Error("x"), new CommLost("x", false), AbortSignal.abort().reason].map(isError)).toEqual([
      true,
      true,
      true,
    ]);
  });

  test.each([undefined, null, "told", 7, { message: "told" }, { name: "x", message: "told" }, { name: 1, stack: "" }])(
    "%j is not an error",
    (thrown) => {
      expect(isError(thrown)).toBe(false);
      expect(asError(thrown)).toMatchObject({ message: expect.stringMatching(/./) as string });
    },
  );
});

test.each([
  ["({ a: 1 })", true],
  ["Object.create(null)", true],
  ["[]", false],
  ["new Map()", false],
  ["new Uint8Array(1)", false],
  ["new (class A {})()", false],
  ["() => 1", false],
  ["null", false],
])("%s is data in any realm: %s", (code, isData) => {
  expect(isPlainObject(foreign(code))).toBe(isData);
  // oxlint-disable-next-line typescript/no-implied-eval -- the same in this realm
  expect(isPlainObject(new Function(`return ${code}`)())).toBe(isData);
});

test("Options of another realm are accepted, and frozen like ours", () => {
  const options = foreign(`({ nWorkers: 2, workerOptions: { nthreads: 1, resources: { GPU: 1 } } })`);
  expect(resolveLocalOptions("local", options as object)).toMatchObject({
    nWorkers: 2,
    workerOptions: { nthreads: 1, resources: { GPU: 1 } },
  });
  const given = foreign("({ a: { b: [1] } })") as { a: { b: number[] } };
  const copy = frozenCopy(given);
  given.a.b.push(2);
  expect(copy).toEqual({ a: { b: [1] } });
  expect(Object.isFrozen(copy.a.b)).toBe(true);
});
