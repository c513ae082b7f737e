import { inspect } from "node:util";

import { violation } from "../dask-errors.ts";
import { type ValueBudget, decodeMsgpack, isMap } from "./msgpack.ts";
import type { Steps } from "./steps.ts";

type Header = Readonly<Record<string, unknown>>;

/**
 * Reads one serialized value from its header and data frames if it needs no Python (distributed/protocol/serialize.py,
 * `merge_and_deserialize`): msgpack, bytes, and collections of them. Others are opaque.
 *
 * @throws DaskFleetError `PROTOCOL_VIOLATION`, also for compressed data: we request none, but Dask before 2023.5.0 passes on a worker's
 * compressed data
 */
export function* readSerialized(header: Header, frames: readonly Uint8Array[], budget: ValueBudget): Steps<unknown> {
  const compression = header["compression"];
  const compressed = Array.isArray(compression) && compression.some((kind) => kind !== null && kind !== false);
  return yield* readValue(header, compressed ? undefined : mergeShards(header, frames), budget);
}

/** `frames` is `undefined` for compressed data, which matters only for a value that we read. */
function* readValue(header: Header, frames: readonly Uint8Array[] | undefined, budget: ValueBudget): Steps<unknown> {
  if (header["is-collection"] === true) return yield* readCollection(header, frames, budget);
  const serializer = header["serializer"];
  const isBytes = serializer === "dask" && ["bytes", "builtins.bytes"].includes(String(header["type"]));
  if (serializer !== "msgpack" && serializer !== "error" && !isBytes) {
    const how = serializer === "pickle" ? "pickled" : `serialized by ${JSON.stringify(serializer)}`;
    return new OpaqueValue(`${how}, which dask-fleet never reads`);
  }
  if (frames === undefined) {
    throw violation(
      "A value arrived compressed: start the scheduler and its workers with DASK_DISTRIBUTED__COMM__COMPRESSION=None",
    );
  }
  const data = Buffer.concat(frames);
  if (serializer === "error") return new OpaqueValue(data.toString().slice(0, 1000));
  return serializer === "msgpack" ? yield* decodeMsgpack(data, budget) : data;
}

function* readCollection(
  header: Header,
  frames: readonly Uint8Array[] | undefined,
  budget: ValueBudget,
): Steps<unknown> {
  const headers = header["sub-headers"];
  const lengths = header["frame-lengths"];
  if (!Array.isArray(headers) || !isCounts(lengths) || lengths.length !== headers.length) {
    throw violation("A serialized collection has no proper header");
  }
  let at = 0;
  const items: [key: unknown, value: unknown][] = [];
  for (const [index, sub] of headers.entries()) {
    if (!isMap(sub)) throw violation("A serialized collection has an item without a header");
    const start = at;
    at += lengths[index] ?? 0;
    if (frames !== undefined && at > frames.length) throw violation("A serialized collection has too few frames");
    items.push([sub["key"], yield* readValue(sub, frames?.slice(start, at), budget)]);
  }
  const values = items.map(([, value]) => value);
  switch (header["type-serialized"]) {
    case "dict":
      return Object.fromEntries(
        items.map(([key, value]) => [typeof key === "string" ? key : JSON.stringify(key), value]),
      );
    case "set":
      return new Set(values);
    default:
      return values;
  }
}

/** Joins frames that Dask split at 64 MiB. The shards must be consecutive, and none used twice. */
function mergeShards(header: Header, frames: readonly Uint8Array[]): readonly Uint8Array[] {
  const counts = header["split-num-sub-frames"];
  const offsets = header["split-offsets"];
  if (counts === undefined) return frames;
  if (!isCounts(counts) || !isCounts(offsets)) throw violation("A serialized value has no proper list of shards");
  let at = 0;
  return counts.map((count, index) => {
    if (offsets[index] !== at || at + count > frames.length) {
      throw violation("A serialized value's shards do not fit its frames");
    }
    at += count;
    const [only, ...others] = frames.slice(at - count, at);
    return only !== undefined && others.length === 0 ? only : Buffer.concat(frames.slice(at - count, at));
  });
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isInteger(item) && item >= 0);
}

/**
 * A Python value in a form that dask-fleet does not read: pickled (reading a pickle means running code), or one that the other side could
 * not serialize. It keeps none of the bytes.
 */
export class OpaqueValue {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }

  toString(): string {
    return `[Python value: ${this.reason}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
