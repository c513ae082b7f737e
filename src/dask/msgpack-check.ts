import { violation } from "./violation.ts";

/** What one whole message may still unfold into; shared by all its msgpack parts. */
export interface ValueBudget {
  values: number;
}

/** Enough for the identity of 20,000 busy workers, and no more than some 300 MB of the emptiest JavaScript objects. */
const MAX_VALUES = 4_194_304;
const MAX_DEPTH = 100;

export function newBudget(values: number = MAX_VALUES): ValueBudget {
  return { values };
}

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

/** Width of the length that follows: texts and bytes. */
const BLOB_WIDTHS: Readonly<Record<number, number>> = { 0xc4: 1, 0xc5: 2, 0xc6: 4, 0xd9: 1, 0xda: 2, 0xdb: 4 };

/** Width of the count that follows, and values per counted item. */
const CONTAINERS: Readonly<Record<number, readonly [width: number, each: number]>> = {
  0xdc: [2, 1],
  0xdd: [4, 1],
  0xde: [2, 2],
  0xdf: [4, 2],
};

/**
 * Walks over one msgpack value without building it, as the decoder allocates what a hostile length promises
 * (`new Array(2 ** 25)` for five bytes) and would nest as deep as the bytes say.
 *
 * @throws DaskFleetError `PROTOCOL_VIOLATION` when it is cut short, has bytes left over, nests deeper than 100,
 * has more values than the budget, or uses extension types, which Dask never does.
 */
export function checkMsgpack(bytes: Uint8Array, budget: ValueBudget): void {
  const walk = new Walk(bytes);
  /** Values still to come, by depth. */
  const pending = [1];
  while (pending.length > 0) {
    const left = pending.pop() ?? 0;
    if (left === 0) continue;
    pending.push(left - 1);
    if (--budget.values < 0) throw violation("A message holds more values than are allowed");
    const children = walk.step();
    if (children > 0 && pending.push(children) > MAX_DEPTH) {
      throw violation(`A message is nested deeper than ${MAX_DEPTH}`);
    }
  }
  walk.end();
}

class Walk {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Passes one head and its bytes; gives the number of values inside. */
  step(): number {
    const head = this.#number(1);
    if (head < 0x80 || head >= 0xe0) return 0;
    if (head < 0x90) return 2 * (head & 0x0f);
    if (head < 0xa0) return head & 0x0f;
    if (head < 0xc0) return this.#skip(head & 0x1f);
    const fixed = FIXED_SIZES[head];
    if (fixed !== undefined) return this.#skip(fixed);
    const width = BLOB_WIDTHS[head];
    if (width !== undefined) return this.#skip(this.#number(width));
    const container = CONTAINERS[head];
    if (container !== undefined) return this.#number(container[0]) * container[1];
    throw violation(`A message holds the msgpack type 0x${head.toString(16)}, which Dask does not use`);
  }

  end(): void {
    if (this.#at < this.#bytes.byteLength) {
      throw violation(`A msgpack frame has ${this.#bytes.byteLength - this.#at} bytes left over`);
    }
  }

  #number(width: number): number {
    const at = this.#at;
    this.#skip(width);
    let value = 0;
    for (let index = at; index < at + width; index++) value = value * 256 + (this.#bytes[index] ?? 0);
    return value;
  }

  #skip(count: number): 0 {
    this.#at += count;
    if (this.#at > this.#bytes.byteLength) throw violation("A msgpack frame is cut short");
    return 0;
  }
}
