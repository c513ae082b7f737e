/** One value of ASN.1 in BER or DER, with the very bytes that it stands in: what is signed is bytes. */
export interface BerValue {
  /** The first byte: class, whether it has parts, and number. */
  readonly tag: number;
  /** The whole value. */
  readonly raw: Buffer;
  /** Its content: of a primitive, or of all parts. */
  readonly body: Buffer;
  /** None for a primitive. */
  readonly parts: readonly BerValue[];
}

export const BerTag = { integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30, set: 0x31 } as const;

/** Deeper than anything that is signed here. */
const DEEPEST = 24;
const CONSTRUCTED = 0x20;

/** The context-specific tag of a value that has parts: `[number]`. */
export function contextTag(number: number): number {
  return 0xa0 | number;
}

/**
 * The value that the bytes begin with, of definite or indefinite length.
 *
 * @throws RangeError where the bytes are no BER, or nested too deeply
 */
export function readBer(bytes: Buffer, depth = 0): BerValue {
  const tag = at(bytes, 0);
  if (depth > DEEPEST || (tag & 0x1f) === 0x1f) throw noBer();
  const first = at(bytes, 1);
  if (first === 0x80) return indefinite(bytes, tag, depth);
  const longer = first < 0x80 ? 0 : first & 0x7f;
  if (longer > 4) throw noBer();
  let length = longer === 0 ? first : 0;
  for (let index = 0; index < longer; index += 1) length = length * 256 + at(bytes, 2 + index);
  const from = 2 + longer;
  if (from + length > bytes.length) throw noBer();
  const body = bytes.subarray(from, from + length);
  return { tag, raw: bytes.subarray(0, from + length), body, parts: hasParts(tag) ? partsOf(body, depth) : [] };
}

/** The bytes of an OCTET STRING, which BER may give in pieces. */
export function octetsOf({ tag, body, parts }: BerValue): Buffer {
  return hasParts(tag) ? Buffer.concat(parts.map(octetsOf)) : body;
}

/** An object identifier as people write it: `1.2.840.113549.1.7.2`. */
export function dotted({ tag, body }: BerValue): string {
  if (tag !== BerTag.oid || body.length === 0) throw noBer();
  const numbers: number[] = [];
  let number = 0;
  for (const byte of body) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      numbers.push(number);
      number = 0;
    }
  }
  const [joint = 0, ...rest] = numbers;
  const top = Math.min(2, Math.floor(joint / 40));
  return [top, joint - top * 40, ...rest].join(".");
}

function indefinite(bytes: Buffer, tag: number, depth: number): BerValue {
  if (!hasParts(tag)) throw noBer();
  const parts: BerValue[] = [];
  let from = 2;
  while (at(bytes, from) !== 0) {
    const part = readBer(bytes.subarray(from), depth + 1);
    parts.push(part);
    from += part.raw.length;
  }
  if (at(bytes, from + 1) !== 0) throw noBer();
  return { tag, raw: bytes.subarray(0, from + 2), body: bytes.subarray(2, from), parts };
}

function partsOf(body: Buffer, depth: number): readonly BerValue[] {
  const parts: BerValue[] = [];
  for (let from = 0; from < body.length;) {
    const part = readBer(body.subarray(from), depth + 1);
    parts.push(part);
    from += part.raw.length;
  }
  return parts;
}

function hasParts(tag: number): boolean {
  return (tag & CONSTRUCTED) !== 0;
}

function at(bytes: Buffer, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw noBer();
  return byte;
}

function noBer(): RangeError {
  return new RangeError("These bytes are no BER");
}
