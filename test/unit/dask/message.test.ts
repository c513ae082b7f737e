import { encode } from "@msgpack/msgpack";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decodeMessage as steps } from "../../../src/dask/message/message.ts";
import { OpaqueValue } from "../../../src/dask/message/serialized.ts";
import { atOnce } from "../../../src/dask/message/steps.ts";
import { outcomeOf, UNDERSTOOD_OR_REFUSED } from "./failure.ts";

function decodeMessage(frames: Parameters<typeof steps>[0]): unknown {
  return atOnce(steps(frames));
}

const SIDE = { __Serialized__: 1 };

/** A message whose only value is serialized beside it. */
function side(header: Record<string, unknown>, ...data: readonly Uint8Array[]): unknown {
  return decodeMessage([encode(SIDE), encode({ "num-sub-frames": data.length, ...header }), ...data]);
}

const msgpack = { serializer: "msgpack" };
const refused = expect.objectContaining({ code: "PROTOCOL_VIOLATION" });

describe("decodeMessage", () => {
  it("reads sets and enum members", () => {
    const members = {
      __Set__: true,
      "as-list": [1, { __Enum__: true, name: "running", __module__: "m", __name__: "S" }],
    };
    expect(decodeMessage([encode({ members })])).toEqual({ members: new Set([1, "running"]) });
  });

  it("reads a value serialized as msgpack, in shards or whole", () => {
    const bytes = encode({ a: [1, 2] });
    expect(side(msgpack, bytes)).toEqual({ a: [1, 2] });
    const shards = [bytes.subarray(0, 2), bytes.subarray(2)];
    expect(side({ ...msgpack, "split-num-sub-frames": [2], "split-offsets": [0] }, ...shards)).toEqual({ a: [1, 2] });
  });

  it("ignores markers inside a serialized value, as Python does", () => {
    expect(side(msgpack, encode(SIDE))).toEqual(SIDE);
  });

  it.each(["bytes", "builtins.bytes"])("reads %s", (type) => {
    expect(side({ serializer: "dask", type }, Buffer.from("raw"))).toEqual(Buffer.from("raw"));
  });

  it("reads collections of serialized values", () => {
    const list = {
      "is-collection": true,
      "type-serialized": "list",
      "sub-headers": [msgpack, { serializer: "pickle" }],
      "frame-lengths": [1, 1],
    };
    const value = side(
      {
        "is-collection": true,
        "type-serialized": "dict",
        "sub-headers": [
          { ...msgpack, key: "n" },
          { ...list, key: ["t", 1] },
        ],
        "frame-lengths": [1, 2],
      },
      encode(7),
      encode("in"),
      Buffer.from("pickle"),
    );
    expect(value).toEqual({ n: 7, '["t",1]': ["in", expect.any(OpaqueValue)] });
    expect(side({ ...list, "type-serialized": "set" }, encode(1), Buffer.alloc(0))).toBeInstanceOf(Set);
  });

  it("never unpickles: pickled values name their kind and hold nothing", () => {
    for (const value of [
      side({ serializer: "pickle" }, Buffer.from("cos\nsystem\n(S'id'\ntR.")),
      decodeMessage([encode({ __Pickled__: 1 }), encode({ "num-sub-frames": 0, "pickled-obj": Buffer.from("id") })]),
    ]) {
      expect(value).toBeInstanceOf(OpaqueValue);
      expect(`${String(value)} ${JSON.stringify(value)}`).toMatch(/pickled, which dask-fleet never reads/u);
    }
    expect(String(side({ serializer: "dask", type: "numpy.ndarray" }, Buffer.alloc(8)))).toMatch(
      /serialized by "dask"/u,
    );
    expect(String(side({ serializer: "error" }, Buffer.from("Could not serialize")))).toMatch(/Could not serialize/u);
  });

  it("refuses compressed values with a remedy, and only where it needs their content", () => {
    expect(() => side({ ...msgpack, compression: ["lz4"] }, Buffer.from("zzz"))).toThrow(/COMPRESSION=None/u);
    expect(side({ ...msgpack, compression: [null] }, encode(1))).toBe(1);
    expect(side({ serializer: "pickle", compression: ["lz4"] }, Buffer.from("zzz"))).toBeInstanceOf(OpaqueValue);
  });

  it("returns a value that is referenced twice once", () => {
    const message = [encode([SIDE, SIDE]), encode({ ...msgpack, "num-sub-frames": 1 }), encode({ a: 1 })] as const;
    const [first, second] = decodeMessage([...message]) as [unknown, unknown];
    expect(first).toBe(second);
  });

  it.each([
    ["a missing frame", [encode({ __Serialized__: 5 })]],
    ["frame 0, the header itself", [encode({ __Serialized__: 0 })]],
    ["a fractional frame number", [encode({ __Serialized__: 1.5 }), encode({ ...msgpack, "num-sub-frames": 0 })]],
    ["a header that is a list", [encode(SIDE), encode([1])]],
    ["a header without a count", [encode(SIDE), encode(msgpack)]],
    ["more frames than received", [encode(SIDE), encode({ ...msgpack, "num-sub-frames": 9 })]],
    [
      "frames shared by two values",
      [
        encode([SIDE, { __Serialized__: 2 }]),
        encode({ ...msgpack, "num-sub-frames": 1 }),
        encode({ "num-sub-frames": 0 }),
      ],
    ],
    ["a set without its list", [encode({ __Set__: true })]],
    ["an enum member without its name", [encode({ __Enum__: true })]],
  ])("refuses %s", (_, frames) => {
    expect(() => decodeMessage(frames as [Uint8Array, ...Uint8Array[]])).toThrow(refused);
  });

  it.each([
    ["overlapping shards", { ...msgpack, "split-num-sub-frames": [1, 1], "split-offsets": [0, 0] }],
    ["missing shards", { ...msgpack, "split-num-sub-frames": [9], "split-offsets": [0] }],
    ["shards that are not numbers", { ...msgpack, "split-num-sub-frames": "1", "split-offsets": [0] }],
    ["a collection of an unknown kind", { "is-collection": true, "frame-lengths": [1] }],
    ["a collection with too few frames", { "is-collection": true, "sub-headers": [msgpack], "frame-lengths": [3] }],
    ["a collection with invalid items", { "is-collection": true, "sub-headers": [1], "frame-lengths": [1] }],
  ])("refuses a header of %s", (_, header) => {
    expect(() => side(header, encode(1))).toThrow(refused);
  });

  it("survives any header", () => {
    const keys = [
      "is-collection",
      "sub-headers",
      "frame-lengths",
      "split-num-sub-frames",
      "split-offsets",
      "serializer",
    ];
    const small = fc.oneof(fc.nat(3), fc.boolean(), fc.constantFrom("msgpack", "dict", "pickle", null));
    const value = fc.oneof(
      small,
      fc.array(small, { maxLength: 3 }),
      fc.array(fc.dictionary(fc.constantFrom(...keys), small)),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), value), fc.array(fc.uint8Array()), (header, data) => {
        expect(outcomeOf(() => side(header, ...data))).toMatch(UNDERSTOOD_OR_REFUSED);
      }),
    );
  });
});
