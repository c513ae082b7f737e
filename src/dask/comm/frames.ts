import { violation } from "../dask-errors.ts";

/** A message's frames: the first is msgpack, the others hold serialized values. */
export type Frames = readonly [Uint8Array, ...Uint8Array[]];

export interface FrameLimits {
  /** Bytes of one whole message, its header included. @default 268_435_456 (256 MiB) */
  readonly maxBytes?: number | undefined;
  /** @default 4096 */
  readonly maxFrames?: number | undefined;
}

const WORD = 8;
const FIXED_HEADER = 2 * WORD;
const FIRST_CAPACITY = 16 * 1024;

/**
 * Writes one message: `lead`, the number of frames, their lengths, the frames; all integers u64 little-endian
 * (distributed/comm/tcp.py, `_add_frames_header`). `lead` is the length of Python's first read: here, everything after it.
 */
export function encodeFrames(frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(FIXED_HEADER + WORD * frames.length);
  const body = frames.reduce((total, frame) => total + frame.byteLength, 0);
  header.writeBigUInt64LE(BigInt(header.byteLength - WORD + body), 0);
  header.writeBigUInt64LE(BigInt(frames.length), WORD);
  for (const [index, frame] of frames.entries()) {
    header.writeBigUInt64LE(BigInt(frame.byteLength), FIXED_HEADER + WORD * index);
  }
  return Buffer.concat([header, ...frames]);
}

/**
 * Splits a byte stream into messages, by the frames' lengths and never by `lead`, which may end early in newer releases.
 *
 * One buffer per message, doubled as bytes arrive: the work is linear in the message's size, and a large length in a header allocates
 * nothing before its bytes arrive.
 */
export class FrameReader {
  /** The upper bound of {@link limit}. */
  readonly #mostBytes: number;
  #maxBytes: number;
  readonly #maxFrames: number;
  #buffer = Buffer.alloc(0);
  #filled = 0;
  #lengths: number[] | undefined;
  /** The bytes of the message that the next step needs. */
  #needed = FIXED_HEADER;

  constructor({ maxBytes = 256 * 1024 * 1024, maxFrames = 4096 }: FrameLimits = {}) {
    this.#mostBytes = maxBytes;
    this.#maxBytes = maxBytes;
    this.#maxFrames = maxFrames;
  }

  /** Lowers the limit for the next messages, in bytes. */
  limit(maxBytes: number): void {
    this.#maxBytes = Math.min(maxBytes, this.#mostBytes);
  }

  /**
   * Takes in the next bytes and returns completed messages. Their frames are views of this reader's memory, not of `chunk`.
   *
   * @throws DaskFleetError `PROTOCOL_VIOLATION`; the stream is unusable then
   */
  push(chunk: Uint8Array): Frames[] {
    const messages: Frames[] = [];
    let taken = 0;
    while (taken < chunk.byteLength) {
      const piece = chunk.subarray(taken, taken + this.#needed - this.#filled);
      this.#append(piece);
      taken += piece.byteLength;
      while (this.#filled === this.#needed) {
        const message = this.#step();
        if (message !== undefined) messages.push(message);
      }
    }
    return messages;
  }

  #append(piece: Uint8Array): void {
    const size = this.#filled + piece.byteLength;
    if (size > this.#buffer.byteLength) {
      const capacity = Math.min(this.#needed, Math.max(size, 2 * this.#buffer.byteLength, FIRST_CAPACITY));
      const grown = Buffer.allocUnsafe(capacity);
      grown.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = grown;
    }
    this.#buffer.set(piece, this.#filled);
    this.#filled = size;
  }

  /** Goes from fixed header to lengths, from lengths to body, or from body to the finished message. */
  #step(): Frames | undefined {
    if (this.#filled === FIXED_HEADER) {
      this.#needed = FIXED_HEADER + WORD * this.#readFrameCount();
    } else if (this.#lengths === undefined) {
      this.#lengths = this.#readLengths();
      this.#needed = this.#lengths.reduce((total, length) => total + length, this.#needed);
      this.#checkLead();
    }
    return this.#lengths !== undefined && this.#filled === this.#needed ? this.#finish(this.#lengths) : undefined;
  }

  #readFrameCount(): number {
    const count = this.#buffer.readBigUInt64LE(WORD);
    if (count < 1n || count > BigInt(this.#maxFrames)) {
      throw violation(`A message announced ${count} frames; 1 to ${this.#maxFrames} are allowed`);
    }
    return Number(count);
  }

  #readLengths(): number[] {
    const lengths: number[] = [];
    let total = BigInt(this.#needed);
    for (let at = FIXED_HEADER; at < this.#needed; at += WORD) {
      const length = this.#buffer.readBigUInt64LE(at);
      total += length;
      if (total > BigInt(this.#maxBytes)) {
        throw violation(`A message announced ${total} bytes or more; at most ${this.#maxBytes} are allowed`);
      }
      lengths.push(Number(length));
    }
    return lengths;
  }

  #checkLead(): void {
    const lead = this.#buffer.readBigUInt64LE(0);
    if (lead > BigInt(this.#needed - WORD)) {
      throw violation(`A message announced ${lead} leading bytes, more than the ${this.#needed - WORD} it has`);
    }
  }

  #finish(lengths: readonly number[]): Frames {
    const frames: Uint8Array[] = [];
    let at = FIXED_HEADER + WORD * lengths.length;
    for (const length of lengths) {
      frames.push(this.#buffer.subarray(at, at + length));
      at += length;
    }
    this.#buffer = Buffer.alloc(0);
    this.#filled = 0;
    this.#lengths = undefined;
    this.#needed = FIXED_HEADER;
    return frames as [Uint8Array, ...Uint8Array[]];
  }
}
