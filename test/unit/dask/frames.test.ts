import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Frames } from "../../../src/dask/comm/frames.ts";
import { encodeFrames, FrameReader } from "../../../src/dask/comm/frames.ts";
import { encodeMessage } from "../../../src/dask/message/message.ts";
import { outcomeOf, UNDERSTOOD_OR_REFUSED } from "./failure.ts";

const frame = fc.uint8Array({ maxLength: 40 });
const message = fc.tuple(frame, fc.array(frame, { maxLength: 4 })).map(([first, rest]): Frames => [first, ...rest]);

function header(...words: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 * words.length);
  for (const [index, word] of words.entries()) bytes.writeBigUInt64LE(word, 8 * index);
  return bytes;
}

function plain(messages: readonly Frames[]): number[][][] {
  return messages.map((frames) => frames.map((bytes) => [...bytes]));
}

const anyMisbehaviour = expect.objectContaining({ code: "PROTOCOL_VIOLATION" });

describe("encodeFrames", () => {
  it("writes the same bytes as Python", () => {
    expect(encodeMessage({ op: "identity", reply: true }).toString("hex")).toBe(
      "24000000000000000100000000000000140000000000000082a26f70a86964656e74697479a57265706c79c3",
    );
  });
});

describe("FrameReader", () => {
  it("reassembles any messages from any chunks", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 30 })), (messages, cuts) => {
        const stream = Buffer.concat(messages.map((frames) => encodeFrames(frames)));
        const reader = new FrameReader();
        const got: Frames[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.byteLength]) {
          got.push(...reader.push(stream.subarray(at, at + cut)));
          at += cut;
        }
        expect(plain(got)).toEqual(plain(messages));
      }),
    );
  });

  it("accepts a stream split at any byte", () => {
    const messages: Frames[] = [[Buffer.from("one")], [Buffer.alloc(0), Buffer.from("two"), Buffer.alloc(0)]];
    const stream = Buffer.concat(messages.map((frames) => encodeFrames(frames)));
    for (let cut = 0; cut <= stream.byteLength; cut++) {
      const reader = new FrameReader();
      const got = [...reader.push(stream.subarray(0, cut)), ...reader.push(stream.subarray(cut))];
      expect(plain(got)).toEqual(plain(messages));
    }
  });

  it("returns nothing for a truncated message until the rest arrives", () => {
    const stream = encodeFrames([Buffer.from("header"), Buffer.from("data")]);
    for (let cut = 1; cut < stream.byteLength; cut++) {
      const reader = new FrameReader();
      expect(reader.push(stream.subarray(0, cut))).toEqual([]);
      expect(reader.push(stream.subarray(cut))).toHaveLength(1);
    }
  });

  it("keeps its frames when the chunk's memory is reused", () => {
    const chunk = encodeFrames([Buffer.from("kept")]);
    const [frames] = new FrameReader().push(chunk);
    chunk.fill(0);
    expect(Buffer.from(frames?.[0] ?? []).toString()).toBe("kept");
  });

  it("accepts a header that ends early, as Python's since 2023.11 does, and none that ends late", () => {
    const short = encodeFrames([Buffer.from("abc")]);
    short.writeBigUInt64LE(16n, 0);
    expect(new FrameReader().push(short)).toHaveLength(1);
    short.writeBigUInt64LE(BigInt(short.byteLength - 7), 0);
    expect(() => new FrameReader().push(short)).toThrow(anyMisbehaviour);
  });

  it.each([
    ["no frame", header(8n, 0n)],
    ["too many frames", header(8n, 4097n)],
    ["a frame count beyond a safe integer", header(8n, 2n ** 64n - 1n)],
    ["an oversized frame", header(8n, 1n, 256n * 1024n * 1024n)],
    ["frames whose total is oversized", header(8n, 3n, 2n ** 27n, 2n ** 27n, 1n)],
    ["lengths whose sum overflows 64 bits", header(8n, 2n, 2n ** 64n - 1n, 2n ** 64n - 1n)],
    ["another protocol", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ])("refuses %s before it allocates", (_, bytes) => {
    expect(() => new FrameReader().push(bytes)).toThrow(anyMisbehaviour);
  });

  it("accepts custom limits", () => {
    const bytes = encodeFrames([Buffer.alloc(10), Buffer.alloc(10)]);
    expect(() => new FrameReader({ maxFrames: 1 }).push(bytes)).toThrow(/2 frames/u);
    expect(() => new FrameReader({ maxBytes: 51 }).push(bytes)).toThrow(/52 bytes/u);
    expect(new FrameReader({ maxBytes: 52, maxFrames: 2 }).push(bytes)).toHaveLength(1);
  });

  it("allocates for received bytes, not for announced ones", () => {
    const before = process.memoryUsage().arrayBuffers;
    const readers = Array.from({ length: 50 }, () => {
      const reader = new FrameReader();
      reader.push(Buffer.concat([header(8n, 1n, 200n * 1024n * 1024n), Buffer.alloc(1000)]));
      return reader;
    });
    expect(readers.flatMap((reader) => reader.push(Buffer.alloc(1)))).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * 1024 * 1024);
  });

  it("survives any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const outcome = outcomeOf(() => new FrameReader({ maxBytes: 1000 }).push(bytes));
        expect(outcome).toMatch(UNDERSTOOD_OR_REFUSED);
      }),
    );
  });

  it("reads byte by byte in linear, not quadratic, time", () => {
    // Processor time, without that of other programs.
    const time = (size: number): number => {
      const bytes = encodeFrames([Buffer.alloc(size)]);
      const reader = new FrameReader();
      const start = process.cpuUsage();
      let count = 0;
      for (let at = 0; at < bytes.byteLength; at++) count += reader.push(bytes.subarray(at, at + 1)).length;
      expect(count).toBe(1);
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    time(100_000);
    let small = Number.POSITIVE_INFINITY;
    let large = Number.POSITIVE_INFINITY;
    // A square would be 64 times as much, in each round; a busy machine has five in which to be less than 4 times as slow.
    for (let round = 0; round < 5 && large >= 32 * small; round++) {
      small = Math.min(small, time(200_000), time(200_000), time(200_000));
      large = Math.min(large, time(1_600_000));
    }
    expect(large).toBeLessThan(32 * small);
  });
});
