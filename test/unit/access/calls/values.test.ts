import { encode, ExtData } from "@msgpack/msgpack";
import fc from "fast-check";
import { expect, test } from "vitest";

import { checkFunctionName } from "../../../../src/access/calls/function-name.ts";
import { packArguments, readOutcomes } from "../../../../src/access/calls/payload.ts";
import { unpackValue } from "../../../../src/access/calls/values/decode.ts";
import { packValue } from "../../../../src/access/calls/values/encode.ts";
import { joinFrames, splitFrames } from "../../../../src/access/calls/values/frames.ts";
import { DaskFleetError } from "../../../../src/errors.ts";

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.integer(),
    fc.bigInt().filter((each) => !Number.isSafeInteger(Number(each))),
    fc.string({ unit: "grapheme" }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
    fc.array(tie("any")),
    fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      tie("any"),
      { noNullPrototype: true },
    ),
  ),
})).any;

/** As if a worker had returned what it was given. */
async function there(what: unknown): Promise<unknown> {
  const { data, frames } = packValue(what, "value");
  const [head = data, ...others] = splitFrames(Buffer.concat(joinFrames([data, ...frames])));
  return await unpackValue(head, others);
}

test("What is packed is read as it was; minus zero is zero", async () => {
  await fc.assert(
    fc.asyncProperty(value, async (what) => {
      const plain = (part: unknown): unknown => (Object.is(part, -0) ? 0 : part);
      const deep = (part: unknown): unknown =>
        Array.isArray(part)
          ? part.map(deep)
          : part !== null && typeof part === "object" && Object.getPrototypeOf(part) === Object.prototype
            ? Object.fromEntries(Object.entries(part).map(([key, each]) => [key, deep(each)]))
            : plain(part);
      expect(await there(what)).toEqual(deep(what));
    }),
  );
});

test("Bytes of any size arrive whole, at a place where numbers can be read", async () => {
  for (const size of [0, 1, 65_535, 65_536, 200_003]) {
    const bytes = new Uint8Array(size).map((_, index) => index % 253);
    const read = await there([bytes, { bytes }]);
    expect(read).toEqual([bytes, { bytes }]);
  }
  const frames = splitFrames(Buffer.concat(joinFrames([new Uint8Array(3), new Uint8Array(16)])));
  expect((frames[1]?.byteOffset ?? 0) % 8).toBe((frames[0]?.byteOffset ?? 0) % 8);
});

test("Nonsense from a worker is a violation, and never a large allocation", async () => {
  const huge = Buffer.alloc(24);
  huge.writeBigUInt64BE(2n ** 60n);
  expect(() => splitFrames(huge)).toThrow(DaskFleetError);
  huge.writeBigUInt64BE(1n);
  huge.writeBigUInt64BE(2n ** 63n, 8);
  expect(() => splitFrames(huge)).toThrow(DaskFleetError);
  for (const [type, content] of [
    [1, "12"],
    [1, "0xg"],
    [2, "short"],
    [3, "\0\0\0\u{9}"],
    [4, ""],
    [9, "new"],
  ] as const) {
    const bytes = encode(new ExtData(type, Buffer.from(content)));
    await expect(unpackValue(bytes, []), content).rejects.toMatchObject({ code: "PROTOCOL_VIOLATION" });
  }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
      const read = await unpackValue(bytes, []).catch((error: unknown) => error);
      if (read instanceof Error) expect(read).toMatchObject({ code: "PROTOCOL_VIOLATION" });
      await expect(readOutcomes(bytes, 1)).rejects.toMatchObject({ code: "PROTOCOL_VIOLATION" });
    }),
  );
  const none = Buffer.concat(packArguments({ isBatch: true, kwargs: undefined, items: [] }));
  await expect(readOutcomes(none, 0)).rejects.toMatchObject({ code: "PROTOCOL_VIOLATION" });
});

test("A function is named by its module", () => {
  for (const name of ["a:b", "a.b_1.c:Class.method", "módulo:función"]) checkFunctionName(name);
  for (const name of ["", "a", "a:", ":b", "a:b:c", "a..b:c", "1a:b", "a:b()", "a/b:c", "../a:b", "a:b\n", null, {}]) {
    expect(() => checkFunctionName(name), JSON.stringify(name)).toThrow(DaskFleetError);
  }
});
