import { types } from "node:util";

import { Encoder, ExtData } from "@msgpack/msgpack";

import { DaskFleetError } from "../../../errors.ts";
import { isPlainObject } from "../../../plain-object.ts";
import { printableName } from "../../../text/printable.ts";
import { ArrowTable } from "./arrow-table.ts";
import { EXTENSIONS } from "./extensions.ts";

/** From here on bytes have a frame of their own. */
const LARGE = 64 * 1024;
const DEEPEST = 90;

/** A value in msgpack, and the frames that it points at. */
export interface Packed {
  readonly data: Uint8Array;
  readonly frames: readonly Uint8Array[];
}

/**
 * Packs a value for Python: JSON values, `bigint`, `Date` (an aware datetime), `Uint8Array` (bytes) and {@link ArrowTable}. Properties
 * that are `undefined` are left out, as in JSON.
 *
 * @param name the value's name in errors
 * @throws DaskFleetError `CONFIG_INVALID` for any other value, with its path and what to pass instead
 */
export function packValue(value: unknown, name: string): Packed {
  const frames: Uint8Array[] = [];
  const wire = toWire(value, { frames, name, path: [] });
  return { data: new Encoder({ ignoreUndefined: true, maxDepth: DEEPEST + 10 }).encode(wire), frames };
}

interface Place {
  readonly frames: Uint8Array[];
  readonly name: string;
  readonly path: (string | number)[];
}

function toWire(value: unknown, place: Place): unknown {
  switch (typeof value) {
    case "boolean":
    case "number":
      return value;
    case "string":
      return value.isWellFormed() ? value : refuse(place, "a text with half a character", "Pass its bytes.");
    case "bigint":
      return fromBigint(value);
    case "undefined":
      return refuse(place, "undefined", "Pass null.");
    case "object":
      return value === null ? null : fromObject(value, place);
    case "function":
    case "symbol":
    default:
      return refuse(place, `a ${typeof value}`, 'Python functions are called by name, as in "module:function".');
  }
}

function fromBigint(value: bigint): number | ExtData {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  const digits = value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
  return new ExtData(EXTENSIONS.integer, Buffer.from(digits));
}

function fromObject(value: object, place: Place): unknown {
  if (place.path.length >= DEEPEST)
    return refuse({ ...place, path: [] }, `a value nested deeper than ${DEEPEST}, or in itself`, "Pass a flatter one.");
  if (Array.isArray(value)) return fromArray(value, place);
  if (types.isUint8Array(value)) {
    return value.byteLength < LARGE ? value : framed(EXTENSIONS.frame, value, place);
  }
  if (value instanceof ArrowTable) return framed(EXTENSIONS.table, value.ipc, place);
  if (types.isDate(value)) return fromDate(value, place);
  if (isPlainObject(value)) return fromEntries(value, place);
  const [what, instead] = refusal(value);
  return refuse(place, what, instead);
}

function fromArray(values: readonly unknown[], place: Place): unknown {
  let changed: unknown[] | undefined;
  // By index: a hole is an undefined value, too.
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value === "number" || value === null) continue;
    place.path.push(index);
    const wire = toWire(value, place);
    place.path.pop();
    if (wire === value) continue;
    changed ??= [...values];
    changed[index] = wire;
  }
  return changed ?? values;
}

function fromEntries(map: Readonly<Record<string, unknown>>, place: Place): unknown {
  let changed: Map<string, unknown> | undefined;
  for (const key of Object.keys(map)) {
    const value = map[key];
    if (typeof value === "number" || value === null || value === undefined) continue;
    place.path.push(key);
    const wire = toWire(value, place);
    place.path.pop();
    if (wire !== value) (changed ??= new Map(Object.entries(map))).set(key, wire);
  }
  return changed === undefined ? map : Object.fromEntries(changed);
}

function fromDate(date: Date, place: Place): ExtData {
  const time = date.getTime();
  if (Number.isNaN(time)) return refuse(place, "an invalid Date", "Pass null.");
  const content = Buffer.alloc(8);
  content.writeDoubleBE(time);
  return new ExtData(EXTENSIONS.moment, content);
}

function framed(type: number, bytes: Uint8Array, { frames }: Place): ExtData {
  const content = Buffer.alloc(4);
  content.writeUInt32BE(frames.push(bytes) - 1);
  return new ExtData(type, content);
}

function refusal(value: object): readonly [what: string, instead: string] {
  if (types.isMap(value)) return ["a Map", "Pass Object.fromEntries(map), or [...map]."];
  if (types.isSet(value)) return ["a Set", "Pass [...set]."];
  if (types.isAnyArrayBuffer(value)) return ["an ArrayBuffer", "Pass new Uint8Array(buffer)."];
  if (ArrayBuffer.isView(value)) return [`a ${nameOf(value)}`, "Pass Array.from(value), or its bytes as a Uint8Array."];
  if (types.isPromise(value)) return ["a promise", "Pass what it resolves with."];
  return [`an instance of ${nameOf(value)}`, "Pass a plain object."];
}

function nameOf(value: object): string {
  const { name } = value.constructor as { readonly name?: unknown };
  return typeof name === "string" ? printableName(name, 100) : "a class";
}

function refuse({ name, path }: Place, what: string, instead: string): never {
  const where = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${printableName(part, 100)}`)).join("");
  throw new DaskFleetError("CONFIG_INVALID", `${name}${where} is ${what}, which has no form in Python. ${instead}`);
}
