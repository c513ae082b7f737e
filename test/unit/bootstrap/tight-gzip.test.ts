import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import { deterministicGzip } from "../../../src/bootstrap/cloud-config.ts";
import { codeLengths } from "../../../src/bootstrap/gzip/huffman.ts";
import { tightGzip } from "../../../src/bootstrap/gzip/tight-gzip.ts";
import { buildUserData } from "../../../src/bootstrap/user-data.ts";
import { fakeSpec } from "./fake-spec.ts";

function roundTrip(text: string): string {
  return gunzipSync(tightGzip(text)).toString();
}

test("zlib reads back any text", () => {
  const word = fc.constantFrom("DASK_FLEET_", "\n", "  ", "if [[ ", "é", "🦉", "x");
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 50 }),
    fc.array(word, { maxLength: 400 }).map((words) => words.join("")),
  );
  fc.assert(
    fc.property(text, (one) => {
      expect(roundTrip(one)).toBe(one);
    }),
    { numRuns: 150 },
  );
});

test.each([
  ["nothing", ""],
  ["one byte", "a"],
  ["a run longer than a match", "a".repeat(70_000)],
  ["what repeats from beyond the window", randomBytes(40_000).toString("hex").repeat(2)],
  ["text without a repetition", randomBytes(30_000).toString("base64")],
])("zlib reads back %s", (_, text) => {
  expect(roundTrip(text)).toBe(text);
});

test("user data gets at least 3 % shorter, the same each time", () => {
  const { text } = buildUserData(fakeSpec("scheduler"), { limitBytes: 65_536, gzip: true, where: "a test" });
  const tight = tightGzip(text);
  expect(tight.length).toBeLessThan(0.97 * deterministicGzip(text).length);
  expect(tightGzip(text).equals(tight)).toBe(true);
  expect(gunzipSync(tight).toString()).toBe(text);
});

test("only user data that would not fit otherwise takes the time", () => {
  const spec = fakeSpec("worker");
  const capabilities = { gzip: true, where: "a test" };
  const usual = buildUserData(spec, { ...capabilities, limitBytes: 65_536 });
  expect(usual.bytes).toEqual(deterministicGzip(usual.text));
  const squeezed = buildUserData(spec, { ...capabilities, limitBytes: usual.sentBytes - 1 });
  expect(squeezed.sentBytes).toBeLessThan(usual.sentBytes);
  expect(gunzipSync(squeezed.bytes).toString()).toBe(usual.text);
});

test("no code is longer than allowed, and each is complete", () => {
  const counts = fc.array(fc.nat({ max: 1_000_000 }), { minLength: 2, maxLength: 286 });
  fc.assert(
    fc.property(counts, (of) => {
      const lengths = codeLengths(of, 15).filter((length) => length > 0);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(15);
      expect(lengths.reduce((sum, length) => sum + 2 ** -length, 0)).toBe(1);
    }),
    { numRuns: 100 },
  );
});
