// oxlint-disable-next-line typescript/triple-slash-reference -- a project that has only a file of the library would not find it
/// <reference path="./node-forge-asn1.d.ts" />

import asn1 from "node-forge/lib/asn1.js";

const { Class, Type } = asn1;

/** One value of ASN.1 that was read: its tag, and its content as bytes or as further values. */
export interface DerNode {
  readonly tagClass: number;
  /** The tag's number. */
  readonly type: number;
  readonly value: string | readonly DerNode[];
}

/** DER of one value, ready to be sent. */
export type Der = Buffer;

const CONSTRUCTED = 0x20;
const CONTEXT = 0x80;

/**
 * One value: its tag, its length, its content. node-forge would do the same in strings, ten times as slowly, and a thousand machines may
 * ask for a certificate at once.
 */
function value(tag: number, parts: readonly Uint8Array[]): Der {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = length < 0x80 ? [tag, length] : [tag, ...longLength(length)];
  return Buffer.concat([Buffer.from(head), ...parts]);
}

function longLength(length: number): readonly number[] {
  if (length < 0x100) return [0x81, length];
  return [0x82, length >> 8, length & 0xff];
}

export function sequence(...items: readonly Der[]): Der {
  return value(Type.SEQUENCE | CONSTRUCTED, items);
}

export function setOf(item: Der): Der {
  return value(Type.SET | CONSTRUCTED, [item]);
}

/** `[number] EXPLICIT`: a value in a wrapper. */
export function tagged(number: number, item: Der): Der {
  return value(number | CONTEXT | CONSTRUCTED, [item]);
}

/** `[number] IMPLICIT`: bytes under a tag that stands in place of their own. */
export function taggedBytes(number: number, bytes: Uint8Array): Der {
  return value(number | CONTEXT, [bytes]);
}

export function yes(): Der {
  return value(Type.BOOLEAN, [Buffer.of(0xff)]);
}

/** @param bytes big endian, as short as can be, the first bit its sign. */
export function integer(...bytes: readonly number[]): Der {
  return value(Type.INTEGER, [Buffer.from(bytes)]);
}

export function objectId(dotted: string): Der {
  return value(Type.OID, [Buffer.from(asn1.oidToDer(dotted).getBytes(), "latin1")]);
}

export function octetString(bytes: Uint8Array): Der {
  return value(Type.OCTETSTRING, [bytes]);
}

/** @param unused how many of the last byte's bits do not belong to it. */
export function bitString(bytes: Uint8Array, unused = 0): Der {
  return value(Type.BITSTRING, [Buffer.of(unused), bytes]);
}

export function utf8String(text: string): Der {
  return value(Type.UTF8, [Buffer.from(text)]);
}

/** RFC 5280, section 4.1.2.5: UTCTime, whose years have two digits, until 2049. */
export function time(date: Date): Der {
  const year = date.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? value(Type.UTCTIME, [Buffer.from(asn1.dateToUtcTime(date))])
    : value(Type.GENERALIZEDTIME, [Buffer.from(asn1.dateToGeneralizedTime(date))]);
}

/** Bit strings stay bytes: an EC point starts with 0x04, which node-forge would take for a nested OCTET STRING. */
export function fromDer(der: Buffer): DerNode {
  return asn1.fromDer(der.toString("latin1"), { decodeBitStrings: false });
}

/** The parts of a SEQUENCE, SET or tagged wrapper; none for a primitive. */
export function children(node: DerNode | undefined): readonly DerNode[] {
  return node !== undefined && typeof node.value !== "string" ? node.value : [];
}

/** The content bytes of a primitive; empty for anything else. */
export function content(node: DerNode | undefined): Buffer {
  return Buffer.from(node !== undefined && typeof node.value === "string" ? node.value : "", "latin1");
}

export function isTagged(node: DerNode, number: number): boolean {
  return node.tagClass === Class.CONTEXT_SPECIFIC && node.type === number;
}

export function isBoolean(node: DerNode): boolean {
  return node.tagClass === Class.UNIVERSAL && node.type === Type.BOOLEAN;
}

export function isInteger(node: DerNode): boolean {
  return node.tagClass === Class.UNIVERSAL && node.type === Type.INTEGER;
}

export function dottedId(node: DerNode | undefined): string {
  return node?.type === Type.OID ? asn1.derToOid(content(node).toString("latin1")) : "";
}

/** Object identifiers of X.509, by their standard names. */
export const Oid = {
  commonName: "2.5.4.3",
  organizationName: "2.5.4.10",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  ecPublicKey: "1.2.840.10045.2.1",
  p256: "1.2.840.10045.3.1.7",
  ecdsaWithSha1: "1.2.840.10045.4.1",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  md5WithRsa: "1.2.840.113549.1.1.4",
  sha1WithRsa: "1.2.840.113549.1.1.5",
} as const;
