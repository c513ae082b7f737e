import { violation } from "../../../dask/dask-errors.ts";
import { decodeMsgpack, newBudget } from "../../../dask/message/msgpack.ts";
import { type Steps, inTurns } from "../../../dask/message/steps.ts";
import { ArrowTable } from "./arrow-table.ts";
import { EXTENSIONS } from "./extensions.ts";

/** Values of one result: some gigabyte of small objects. */
const MOST_VALUES = 16 * 1024 * 1024;
const MOST_ENTRIES = 2_000_000;

/**
 * Reads a value that a worker packed, in turns. Integers that a number cannot hold exactly are bigints, an aware datetime is a `Date`.
 *
 * @param frames the frames that it may point at
 * @throws DaskFleetError `PROTOCOL_VIOLATION`
 */
export async function unpackValue(data: Uint8Array, frames: readonly Uint8Array[]): Promise<unknown> {
  const steps: Steps<unknown> = decodeMsgpack(data, newBudget(MOST_VALUES), undefined, {
    extension: (type, content) => extended(type, content, frames),
    refuseKeys: true,
    mostEntries: MOST_ENTRIES,
  });
  return (await inTurns(steps, () => true))?.result;
}

function extended(type: number, content: Uint8Array, frames: readonly Uint8Array[]): unknown {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  switch (type) {
    case EXTENSIONS.integer:
      return integer(bytes.toString("latin1"));
    case EXTENSIONS.moment:
      if (bytes.byteLength !== 8) throw violation("A result holds a malformed time");
      return new Date(bytes.readDoubleBE());
    case EXTENSIONS.frame:
      return frameAt(bytes, frames);
    case EXTENSIONS.table:
      return new ArrowTable(frameAt(bytes, frames));
    default:
      throw violation(`A result holds the unknown extension type ${type}`);
  }
}

function integer(digits: string): bigint {
  const match = /^(-?)(0x[0-9a-f]+)$/u.exec(digits);
  if (match?.[2] === undefined) throw violation("A result holds a malformed integer");
  const value = BigInt(match[2]);
  return match[1] === "-" ? -value : value;
}

function frameAt(content: Buffer, frames: readonly Uint8Array[]): Uint8Array {
  const frame = content.byteLength === 4 ? frames[content.readUInt32BE()] : undefined;
  if (frame === undefined) throw violation("A result points at bytes that it does not have");
  return frame;
}
