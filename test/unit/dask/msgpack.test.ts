import { encode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decodeMsgpack, encodeMsgpack, newBudget } from "../../../src/dask/message/msgpack.ts";
import { atOnce } from "../../../src/dask/message/steps.ts";
import { outcomeOf, UNDERSTOOD_OR_REFUSED } from "./failure.ts";

function decode(bytes: Uint8Array | readonly number[], values?: number): unknown {
  return atOnce(decodeMsgpack(Uint8Array.from(bytes), newBudget(values)));
}

const refused = expect.objectContaining({ code: "PROTOCOL_VIOLATION" });

/** A 32-bit length, for hostile headers. */
function u32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

describe("decodeMsgpack", () => {
  it("round-trips every JSON value", () => {
    const json = fc.jsonValue({ maxDepth: 5 }).filter((value) => !JSON.stringify(value).includes('"__proto__":'));
    fc.assert(
      fc.property(json, (value) => {
        const wire: unknown = JSON.parse(JSON.stringify(value));
        expect(decode(encodeMsgpack(wire))).toEqual(wire);
      }),
    );
  });

  it("reads 64-bit integers as numbers while exact, and as bigints beyond", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const exact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
        const bytes = encode([value, { value }], { useBigInt64: true });
        const expected = exact ? Number(value) : value;
        expect(decode(bytes)).toEqual([expected, { value: expected }]);
      }),
    );
  });

  it("turns integer keys into strings, and skips entries keyed by tuples, maps, bytes or None", () => {
    const tuple = [0x93, 0xa1, 0x61, 0x01, 0x92, 0xc0, 0x80];
    const entries = [tuple, 1, 5, 2, 0xc4, 1, 0x62, 3, 0xc0, 4, tuple, tuple, 0x81, 1, 1, 0x90, 0xa1, 0x7a, 0x92, 7, 8];
    expect(decode([0x87, ...entries.flat()])).toEqual({ "5": 2, z: [7, 8] });
    expect(decode([0x92, 0x81, ...tuple, 1, 9])).toEqual([{}, 9]);
  });

  it("omits undefined arguments", () => {
    expect(decode(encodeMsgpack({ op: "x", n: undefined }))).toEqual({ op: "x" });
  });

  it("prevents prototype pollution by keys", () => {
    const proto = [0xa9, ...Buffer.from("__proto__")];
    expect(() => decode([0x81, ...proto, 0x81, 0xa1, 0x78, 0x01])).toThrow(refused);
    const value = decode([0x81, 0xab, ...Buffer.from("constructor"), 0x81, 0xa1, 0x78, 0x01]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect({}).not.toHaveProperty("x");
  });

  it.each([
    ["an array of 2^25 items", [0xdd, ...u32(2 ** 25)]],
    ["a map of 2^32-1 items", [0xdf, 255, 255, 255, 255]],
    ["a truncated string", [0xdb, ...u32(2 ** 31)]],
    ["truncated bytes", [0xc6, 255, 255, 255, 255]],
    ["nested huge arrays", Array.from({ length: 1000 }, () => [0xdd, ...u32(2 ** 24)]).flat()],
    ["an extension type", [0xd4, 1, 1]],
    ["the type byte that msgpack never uses", [0xc1]],
    ["empty input", []],
    ["trailing bytes", [0xc0, 0xc0]],
  ])("refuses %s", (_, bytes) => {
    expect(() => decode(bytes)).toThrow(refused);
  });

  it("refuses a map of more than 100,000 entries by its header, before reading one", () => {
    const map = (entries: number): number[] => [0xdf, ...u32(entries)];
    const nils = (entries: number): Buffer => Buffer.alloc(2 * entries, 0xc0);
    expect(decode([...map(100_000), ...nils(100_000)])).toEqual({});
    expect(() => decode([...map(100_001), ...nils(100_001)])).toThrow(/a map of 100001 entries/u);
  });

  it("yields every 256 values, even while it skips values", () => {
    const steps = (bytes: readonly number[]): number => {
      const decoding = decodeMsgpack(Uint8Array.from(bytes), newBudget());
      let count = 1;
      while (decoding.next().done !== true) count += 1;
      return count;
    };
    const list = (length: number): number[] => [0xdd, ...u32(length), ...Buffer.alloc(length, 0x80)];
    expect(steps(list(2560))).toBeGreaterThanOrEqual(10);
    expect(steps([0x81, 0xc0, ...list(2560)])).toBeGreaterThanOrEqual(10);
  });

  it("refuses nesting deeper than 100, without a stack overflow", () => {
    const nested = (depth: number): number[] => [...Array.from({ length: depth }, () => 0x91), 0xc0];
    expect(() => decode(nested(99))).not.toThrow();
    expect(() => decode(nested(100))).toThrow(/deeper/u);
    expect(() => decode(nested(1_000_000))).toThrow(/deeper/u);
  });

  it("refuses more values than its budget, shared by all parts", () => {
    const budget = newBudget(7);
    atOnce(decodeMsgpack(encode([1, 2, 3]), budget));
    expect(() => atOnce(decodeMsgpack(encode([1, 2, 3]), budget))).toThrow(/more values/u);
    expect(() => decode([0xdd, ...u32(5_000_000), ...Buffer.alloc(5_000_000, 0x80)])).toThrow(/more values/u);
  });

  it("does not charge skipped values to the budget: most of a busy worker's answer is about its tasks", () => {
    const digest = [0x94, 0xa1, 0x61, 0xa1, 0x62, 0xa1, 0x63, 0xa1, 0x64, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0];
    const metrics = [0xde, 1000 >> 8, 1000 & 255, ...Array.from({ length: 1000 }, () => digest).flat()];
    expect(decode([0x81, 0xa1, 0x6d, ...metrics], 1100)).toEqual({ m: {} });
  });

  it("survives any bytes, and every truncation of a valid message", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(outcomeOf(() => decode(bytes))).toMatch(UNDERSTOOD_OR_REFUSED);
      }),
      { numRuns: 2000 },
    );
    const good = encode({ list: [1, "two", 3.5, null, true, { deep: new Uint8Array(3) }], text: "x".repeat(300) });
    for (let cut = 0; cut < good.byteLength; cut++) expect(() => decode(good.subarray(0, cut))).toThrow(refused);
  });
});
