import type { Frames } from "../comm/frames.ts";
import { encodeFrames } from "../comm/frames.ts";
import { violation } from "../dask-errors.ts";
import { decodeMsgpack, encodeMsgpack, newBudget } from "./msgpack.ts";
import { SideValues } from "./side-values.ts";
import type { Steps } from "./steps.ts";

/** Encodes a request or handshake as a single msgpack frame. Keys whose value is `undefined` are omitted. */
export function encodeMessage(message: Readonly<Record<string, unknown>>): Buffer {
  return encodeFrames([encodeMsgpack(message)]);
}

/**
 * Decodes a message, step by step (distributed/protocol/core.py, `loads`) into plain values, `Uint8Array`, `Set` and, for pickled
 * values, `OpaqueValue`. An enum member becomes its name. Nothing is ever unpickled.
 *
 * @throws DaskFleetError `PROTOCOL_VIOLATION`
 */
export function* decodeMessage(frames: Frames): Steps<unknown> {
  const budget = newBudget();
  const sideValues = new SideValues(frames, budget);
  return yield* decodeMsgpack(frames[0], budget, function* (map) {
    if (Object.hasOwn(map, "__Serialized__")) return yield* sideValues.serialized(map["__Serialized__"]);
    if (Object.hasOwn(map, "__Pickled__")) return yield* sideValues.pickled(map["__Pickled__"]);
    return reviveMarker(map);
  });
}

/** The markers of `msgpack_decode_default` (distributed/protocol/serialize.py). */
function reviveMarker(map: Readonly<Record<string, unknown>>): unknown {
  if (Object.hasOwn(map, "__Set__")) {
    const list = map["as-list"];
    if (!Array.isArray(list)) throw violation("A message holds a set without its list");
    return new Set<unknown>(list);
  }
  if (Object.hasOwn(map, "__Enum__")) {
    const name = map["name"];
    if (typeof name !== "string") throw violation("A message holds an enum member without its name");
    return name;
  }
  return map;
}
