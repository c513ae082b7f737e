/** ASN.1 in DER, as buffers: what clouds sign about machines is made of little more. */

export const Tag = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  null: 0x05,
  utf8: 0x0c,
  sequence: 0x30,
  set: 0x31,
} as const;

export function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), body]);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.of(tag, 0x80 | significant.length), significant, body]);
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(Tag.sequence, ...parts);
}

/** DER sorts what is in a set. */
export function setOf(...parts: readonly Buffer[]): Buffer {
  return tlv(Tag.set, ...parts.toSorted((one, other) => one.compare(other)));
}

/** `[number]` around whole values. */
export function context(number: number, ...parts: readonly Buffer[]): Buffer {
  return tlv(0xa0 | number, ...parts);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((number) => {
    const digits = [number & 0x7f];
    for (let left = number >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return tlv(0x06, Buffer.from(bytes));
}

/** A number below 128, or bytes whose first bit is 0. */
export function integer(value: number | Buffer): Buffer {
  return tlv(Tag.integer, typeof value === "number" ? Buffer.of(value) : value);
}

export function octets(bytes: Buffer): Buffer {
  return tlv(Tag.octets, bytes);
}

export function bits(bytes: Buffer): Buffer {
  return tlv(Tag.bits, Buffer.of(0), bytes);
}

export function utcTime(date: Date): Buffer {
  return tlv(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replaceAll(/[-T:]/gu, "")}Z`));
}
