import { violation } from "../dask-errors.ts";

/** Bytes that follow the head byte: nil, booleans, floats, integers. */
const FIXED_SIZES: Readonly<Record<number, number>> = {
  0xc0: 0,
  0xc2: 0,
  0xc3: 0,
  0xca: 4,
  0xcb: 8,
  0xcc: 1,
  0xcd: 2,
  0xce: 4,
  0xcf: 8,
  0xd0: 1,
  0xd1: 2,
  0xd2: 4,
  0xd3: 8,
};

/** Lengths of extension types of a fixed size. */
const FIXED_EXTENSIONS: Readonly<Record<number, number>> = { 0xd4: 1, 0xd5: 2, 0xd6: 4, 0xd7: 8, 0xd8: 16 };

/** Width of the length or count that follows the head byte, by its family; see {@link familyOf}. */
const WIDTHS: Readonly<Record<number, number>> = {
  0xc4: 1,
  0xc5: 2,
  0xc6: 4,
  0xc7: 1,
  0xc8: 2,
  0xc9: 4,
  0xd9: 1,
  0xda: 2,
  0xdb: 4,
  0xdc: 2,
  0xdd: 4,
  0xde: 2,
  0xdf: 4,
};

/** The kind of value that a head byte begins. */
type Family = "scalar" | "text" | "bytes" | "list" | "map" | "extension";

/** An extension type's number and content. */
export class Extension {
  readonly type: number;
  readonly content: Uint8Array;

  constructor(type: number, content: Uint8Array) {
    this.type = type;
    this.content = content;
  }
}

function familyOf(head: number): Family {
  if (head < 0x80 || head >= 0xe0) return "scalar";
  if (head < 0x90) return "map";
  if (head < 0xa0) return "list";
  if (head < 0xc0) return "text";
  if (head >= 0xde) return "map";
  if (head >= 0xdc) return "list";
  if (head >= 0xd9) return "text";
  if (head >= 0xc4 && head <= 0xc6) return "bytes";
  if (FIXED_SIZES[head] !== undefined) return "scalar";
  if ((head >= 0xc7 && head <= 0xc9) || FIXED_EXTENSIONS[head] !== undefined) return "extension";
  throw unknownType(head);
}

function unknownType(head: number): Error {
  return violation(`A message holds the msgpack type 0x${head.toString(16)}, which Dask does not use`);
}

/** Reads msgpack head by head and never past the end: a length counts only once its bytes are there. */
export class MsgpackCursor {
  readonly #bytes: Buffer;
  readonly #extensions: boolean;
  #at = 0;
  #head = 0;
  /** The kind of the last value begun. */
  family: Family = "scalar";
  /** The length of a text or bytes, or the number of items or entries. */
  length = 0;

  /** @param extensions whether extension types may occur; Dask itself uses none */
  constructor(bytes: Uint8Array, extensions = false) {
    this.#extensions = extensions;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads the next head. Its value must be {@link take}n or {@link skip}ped next; lists and maps have none. */
  begin(): void {
    const head = (this.#head = this.#uint(1));
    const family = (this.family = familyOf(head));
    if (family === "scalar") {
      this.length = 0;
      return;
    }
    if (family === "extension" && !this.#extensions) throw unknownType(head);
    const width = WIDTHS[head];
    const fixed = FIXED_EXTENSIONS[head];
    if (fixed !== undefined) this.length = fixed;
    else if (width !== undefined) this.length = this.#uint(width);
    else this.length = head & (family === "text" ? 0x1f : 0x0f);
    const least = family === "map" ? 2 * this.length : this.length;
    if (least > this.#bytes.byteLength - this.#at) throw cutShort();
  }

  /** The value begun, except lists and maps. Integers are bigints if a number would not be exact. */
  take(): unknown {
    if (this.family === "text") {
      const start = this.#pass(this.length);
      return this.#bytes.toString("utf8", start, this.#at);
    }
    if (this.family === "bytes") {
      const start = this.#pass(this.length);
      return new Uint8Array(this.#bytes.subarray(start, this.#at));
    }
    if (this.family === "extension") {
      const type = this.#uint(1);
      const start = this.#pass(this.length);
      return new Extension(type, new Uint8Array(this.#bytes.subarray(start, this.#at)));
    }
    return this.#scalar(this.#head);
  }

  /** Skips the value begun, and returns the number of values inside it, which come next. */
  skip(): number {
    if (this.family === "list") return this.length;
    if (this.family === "map") return 2 * this.length;
    if (this.family === "extension") this.#pass(1);
    this.#pass(this.family === "scalar" ? (FIXED_SIZES[this.#head] ?? 0) : this.length);
    return 0;
  }

  end(): void {
    const left = this.#bytes.byteLength - this.#at;
    if (left > 0) throw violation(`A msgpack frame has ${left} bytes left over`);
  }

  #scalar(head: number): unknown {
    if (head < 0x80) return head;
    if (head >= 0xe0) return head - 0x100;
    const size = FIXED_SIZES[head] ?? 0;
    const at = this.#pass(size);
    switch (head) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xca:
        return this.#bytes.readFloatBE(at);
      case 0xcb:
        return this.#bytes.readDoubleBE(at);
      case 0xcf:
        return exact(this.#bytes.readBigUInt64BE(at));
      case 0xd3:
        return exact(this.#bytes.readBigInt64BE(at));
      default:
        return head < 0xd0 ? this.#bytes.readUIntBE(at, size) : this.#bytes.readIntBE(at, size);
    }
  }

  #uint(width: number): number {
    const at = this.#pass(width);
    return width === 1 ? (this.#bytes[at] ?? 0) : this.#bytes.readUIntBE(at, width);
  }

  /** The start of the skipped bytes. */
  #pass(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.byteLength - at) throw cutShort();
    this.#at = at + count;
    return at;
  }
}

function exact(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function cutShort(): Error {
  return violation("A msgpack frame is cut short");
}
