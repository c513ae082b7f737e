import { types } from "node:util";

import { Decoder, encode } from "@msgpack/msgpack";

import { messageOf } from "../errors.ts";
import { isPlainObject } from "../plain-object.ts";
import type { ValueBudget } from "./msgpack-check.ts";
import { checkMsgpack } from "./msgpack-check.ts";
import { violation } from "./violation.ts";

/** Turns a Python map into what it stands for, when it is a marker such as `{__Set__: true, …}`; all have such a key. */
export type Reviver = (map: Readonly<Record<string, unknown>>) => unknown;

export function encodeMsgpack(value: unknown): Uint8Array {
  return encode(value, { ignoreUndefined: true });
}

/**
 * Decodes one msgpack value: integers as numbers, or bigints where a number would not be exact; maps as objects, with
 * keys that are no text or number as their JSON text (`metrics.digests_total_since_heartbeat` has tuples for keys).
 *
 * @throws DaskFleetError `PROTOCOL_VIOLATION`
 */
export function decodeMsgpack(bytes: Uint8Array, budget: ValueBudget, revive?: Reviver): unknown {
  checkMsgpack(bytes, budget);
  let value: unknown;
  try {
    value = new Decoder({ useBigInt64: true, mapKeyConverter }).decode(bytes);
  } catch (error) {
    throw violation(`A msgpack frame can not be read: ${messageOf(error)}`, error);
  }
  return settle(value, revive);
}

function mapKeyConverter(key: unknown): string | number {
  if (typeof key === "string" || typeof key === "number") return key;
  return JSON.stringify(key, (_, part: unknown) => {
    if (typeof part === "bigint") return String(part);
    return types.isUint8Array(part) ? Buffer.from(part).toString() : part;
  });
}

/** Settles bigints and markers, in place: the depth was checked, so that recursion is safe. */
function settle(value: unknown, revive: Reviver | undefined): unknown {
  if (typeof value === "bigint") {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (needsSettling(item)) value[index] = settle(item, revive);
    }
    return value;
  }
  if (!isMap(value)) return value;
  let marked = false;
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (needsSettling(item)) value[key] = settle(item, revive);
    marked ||= key.startsWith("__");
  }
  return revive === undefined || !marked ? value : revive(value);
}

function needsSettling(value: unknown): boolean {
  return typeof value === "object" || typeof value === "bigint";
}

/** A decoded map, and neither `null`, nor bytes, nor a value that a marker became. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return isPlainObject(value);
}
