import { type KeyObject, createPublicKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";

import { bits, context, integer, octets, oid, sequence, setOf, Tag, tlv, utcTime } from "./der.ts";

/** A certificate with its key. */
export interface Certified {
  readonly name: Buffer;
  readonly serial: Buffer;
  /** In DER. */
  readonly certificate: Buffer;
  readonly privateKey: KeyObject;
}

interface Wanted {
  readonly commonName: string;
  /** Undefined: it signs itself. */
  readonly issuer?: Certified | undefined;
  /** Whether it may sign others. @default false */
  readonly authority?: boolean | undefined;
  readonly dnsNames?: readonly string[] | undefined;
  /** Where its issuer's certificate is. */
  readonly issuerUrl?: string | undefined;
  readonly validDays?: readonly [from: number, to: number] | undefined;
  /** @default a new RSA key of 2,048 bits */
  readonly privateKey?: KeyObject | undefined;
}

const DAY_MS = 86_400_000;
const SHA256_WITH_RSA = sequence(oid("1.2.840.113549.1.1.11"), tlv(Tag.null));

/** An X.509 certificate for an RSA key. */
export function certify(wanted: Wanted): Certified {
  const { commonName, issuer, validDays: [from, to] = [-1, 30] } = wanted;
  const { privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey } = wanted;
  const name = sequence(setOf(sequence(oid("2.5.4.3"), tlv(Tag.utf8, Buffer.from(commonName)))));
  const serial = integer(Buffer.concat([Buffer.of(0x5a), randomBytes(8)]));
  const now = Date.now();
  const body = sequence(
    context(0, integer(2)),
    serial,
    SHA256_WITH_RSA,
    issuer?.name ?? name,
    sequence(utcTime(new Date(now + from * DAY_MS)), utcTime(new Date(now + to * DAY_MS))),
    name,
    createPublicKey(privateKey).export({ type: "spki", format: "der" }),
    context(3, sequence(...extensions(wanted))),
  );
  const signature = sign("sha256", body, issuer?.privateKey ?? privateKey);
  return { name, serial, certificate: sequence(body, SHA256_WITH_RSA, bits(signature)), privateKey };
}

export function pemOf(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/gu) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function extensions({ authority = false, dnsNames = [], issuerUrl }: Wanted): readonly Buffer[] {
  const yes = tlv(0x01, Buffer.of(0xff));
  const named = dnsNames.map((name) => tlv(0x82, Buffer.from(name)));
  const at = issuerUrl === undefined ? [] : [sequence(oid("1.3.6.1.5.5.7.48.2"), tlv(0x86, Buffer.from(issuerUrl)))];
  return [
    sequence(oid("2.5.29.19"), yes, octets(authority ? sequence(yes) : sequence())),
    ...(named.length === 0 ? [] : [sequence(oid("2.5.29.17"), octets(sequence(...named)))]),
    ...(at.length === 0 ? [] : [sequence(oid("1.3.6.1.5.5.7.1.1"), octets(sequence(...at)))]),
  ];
}
