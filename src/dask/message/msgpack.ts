import { encode } from "@msgpack/msgpack";

import { isPlainObject } from "../../plain-object.ts";
import { violation } from "../dask-errors.ts";
import { Extension, MsgpackCursor } from "./msgpack-cursor.ts";
import type { Steps } from "./steps.ts";

type Decoded = Record<string, unknown>;

/** Converts marker maps such as `{__Set__: true, …}` to their values; every marker has such a key. */
export type Reviver = (map: Readonly<Decoded>) => Steps<unknown>;

/** The remaining budget of values for one message; all its msgpack parts share it. */
export interface ValueBudget {
  values: number;
}

/** How values are read that are no message of Dask's own. */
export interface ValueRules {
  /** Converts extension types. Default: they are refused, as Dask uses none. */
  readonly extension?: (type: number, content: Uint8Array) => unknown;
  /** Whether an entry whose key is neither text nor an integer is an error. Default: it is skipped. */
  readonly refuseKeys?: boolean;
  /** The most entries of a map. Default: 100,000 */
  readonly mostEntries?: number;
}

/** Enough for the identity of 20,000 busy workers (some 100 values each), and no more than some 300 MB of small objects. */
const MAX_VALUES = 3_145_728;
/** Enough for 100,000 workers. Growing a map blocks the engine. */
const MAX_ENTRIES = 100_000;
const MAX_DEPTH = 100;
/** Values from one step to the next: well below a millisecond. */
const STEP = 256;

export function newBudget(values: number = MAX_VALUES): ValueBudget {
  return { values };
}

export function encodeMsgpack(value: unknown): Uint8Array {
  return encode(value, { ignoreUndefined: true });
}

/** Whether a value is a decoded map: not `null`, bytes, or a converted marker. */
export function isMap(value: unknown): value is Decoded {
  return isPlainObject(value);
}

/**
 * Decodes one msgpack value, step by step: integers as numbers, or bigints if a number would not be exact; maps as objects. Entries
 * whose key is neither text nor an integer are skipped: only Dask's metrics have such keys (tuples), which are most of a busy worker's
 * data and not needed here.
 *
 * @msgpack/msgpack's decoder would read a message in one go, and allocate any length that a hostile message claims.
 *
 * @throws DaskFleetError `PROTOCOL_VIOLATION` when it is cut short, has bytes left over, nests deeper than 100, has more values
 * than the budget or more than 100,000 entries in one map, or uses extension types, which Dask never does
 */
export function* decodeMsgpack(
  bytes: Uint8Array,
  budget: ValueBudget,
  revive?: Reviver,
  rules: ValueRules = {},
): Steps<unknown> {
  const cursor = new MsgpackCursor(bytes, rules.extension !== undefined);
  const open: Open[] = [];
  for (;;) {
    if (--budget.values < 0) throw tooMany();
    if (budget.values % STEP === 0) yield;
    const parent = open.at(-1);
    const passed = parent?.isMapping === true ? parent.readKey(cursor) : undefined;
    if (passed !== undefined) {
      if (rules.refuseKeys === true) throw violation("A dict has a key that is neither a str nor an int");
      yield* pass(cursor, passed + 1);
    }
    let value = passed === undefined ? begin(cursor, budget, rules) : undefined;
    if (value instanceof Open) {
      if (open.push(value) >= MAX_DEPTH) throw tooDeep();
      continue;
    }
    // Stores a complete value in its parent, and parents completed by it.
    for (;;) {
      if (value instanceof Open)
        value = value.marked && revive !== undefined ? yield* revive(value.whole as Decoded) : value.whole;
      const within = open.at(-1);
      if (within === undefined) {
        cursor.end();
        return value;
      }
      within.add(value);
      if (within.left > 0) break;
      open.pop();
      value = within;
    }
  }
}

/** A list or map whose items are being read. */
class Open {
  left: number;
  marked = false;
  readonly whole: unknown[] | Decoded;
  readonly isMapping: boolean;
  /** The key of the next entry; undefined if it is skipped. */
  #key: string | undefined;

  constructor(whole: unknown[] | Decoded, left: number) {
    this.whole = whole;
    this.isMapping = !Array.isArray(whole);
    this.left = left;
  }

  /** Reads the next entry's key, or returns the number of values inside it, to be skipped with the entry's value. */
  readKey(cursor: MsgpackCursor): number | undefined {
    cursor.begin();
    const { family } = cursor;
    const key = family === "text" || family === "scalar" ? cursor.take() : undefined;
    if (key === "__proto__") throw violation('A message holds the key "__proto__"');
    if (typeof key === "string") this.#key = key;
    else this.#key = Number.isInteger(key) || typeof key === "bigint" ? String(key) : undefined;
    if (this.#key !== undefined) return undefined;
    return family === "scalar" ? 0 : cursor.skip();
  }

  add(value: unknown): void {
    this.left -= 1;
    if (Array.isArray(this.whole)) {
      this.whole.push(value);
    } else if (this.#key !== undefined) {
      this.whole[this.#key] = value;
      this.marked ||= this.#key.startsWith("__");
    }
  }
}

/** The next value, or the beginning of a non-empty list or map. */
function begin(cursor: MsgpackCursor, budget: ValueBudget, rules: ValueRules): unknown {
  cursor.begin();
  const { family, length } = cursor;
  if (family !== "list" && family !== "map") {
    const value = cursor.take();
    return value instanceof Extension ? rules.extension?.(value.type, value.content) : value;
  }
  const { mostEntries = MAX_ENTRIES } = rules;
  if (family === "map" && length > mostEntries) {
    throw violation(`A message holds a map of ${length} entries; at most ${mostEntries} are allowed`);
  }
  if (length > budget.values) throw tooMany();
  const whole = family === "map" ? {} : [];
  return length === 0 ? whole : new Open(whole, length);
}

/** Skips this many values with their contents. */
function* pass(cursor: MsgpackCursor, values: number): Steps<void> {
  /** Values still to come, by depth. */
  const pending = [values];
  for (let passed = 1; ; passed += 1) {
    while (pending.at(-1) === 0) pending.pop();
    const left = pending.pop();
    if (left === undefined) return;
    pending.push(left - 1);
    cursor.begin();
    const inside = cursor.skip();
    if (inside > 0 && pending.push(inside) > MAX_DEPTH) throw tooDeep();
    if (passed % STEP === 0) yield;
  }
}

function tooMany(): Error {
  return violation("A message holds more values than are allowed");
}

function tooDeep(): Error {
  return violation(`A message is nested deeper than ${MAX_DEPTH}`);
}
