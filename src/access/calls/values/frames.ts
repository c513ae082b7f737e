import { violation } from "../../../dask/dask-errors.ts";

const WORD = 8;
const MOST_FRAMES = 100_000;

/**
 * A message of frames in parts, not copied: their number and lengths (u64, big-endian), then the frames, each from a multiple of 8
 * bytes on, so that numbers can be read in place.
 */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array[] {
  const header = Buffer.alloc(WORD + WORD * frames.length);
  header.writeBigUInt64BE(BigInt(frames.length));
  const parts: Uint8Array[] = [header];
  for (const [index, frame] of frames.entries()) {
    header.writeBigUInt64BE(BigInt(frame.byteLength), WORD + WORD * index);
    parts.push(frame);
    const padding = -frame.byteLength & (WORD - 1);
    if (padding > 0) parts.push(new Uint8Array(padding));
  }
  return parts;
}

/**
 * The frames of a message, as views of it.
 *
 * @throws DaskFleetError `PROTOCOL_VIOLATION`
 */
export function splitFrames(message: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const count = bytes.byteLength < WORD ? 0n : bytes.readBigUInt64BE();
  if (count < 1n || count > MOST_FRAMES || bytes.byteLength < WORD + WORD * Number(count)) throw malformed();
  const frames: Uint8Array[] = [];
  let at = WORD + WORD * Number(count);
  for (let index = 1; index <= Number(count); index += 1) {
    const length = bytes.readBigUInt64BE(WORD * index);
    if (length > bytes.byteLength - at) throw malformed();
    // Not a Buffer, whatever the message is: it may become a caller's value.
    frames.push(new Uint8Array(message.buffer, message.byteOffset + at, Number(length)));
    at += Number(length) + (-Number(length) & (WORD - 1));
  }
  return frames;
}

function malformed(): Error {
  return violation("A result of a call is malformed");
}
