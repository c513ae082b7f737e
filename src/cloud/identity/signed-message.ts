import { createHash, type KeyObject, timingSafeEqual, verify, X509Certificate } from "node:crypto";

import { BerTag, type BerValue, contextTag, dotted, octetsOf, readBer } from "./ber.ts";

/** A message and its one signature, as PKCS#7 has it (SignedData of RFC 5652). Nothing in it is verified yet. */
export interface SignedMessage {
  readonly content: Buffer;
  /** Those that came with it: anybody may have put them there. */
  readonly certificates: readonly X509Certificate[];
  /** Whether this key made the signature, over this content. */
  isSignedBy(key: KeyObject): boolean;
}

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
/** No others are accepted. In place of a digest, Azure names the whole algorithm: RSA with SHA-256. */
const DIGESTS: Readonly<Record<string, string | undefined>> = {
  "1.2.840.113549.1.1.11": "sha256",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

/**
 * Takes a PKCS#7 message with its content apart.
 *
 * @throws Error for anything else, more than one signature, and digests weaker than SHA-256
 */
export function readSignedMessage(bytes: Buffer): SignedMessage {
  const [type, wrapper] = readBer(bytes).parts;
  if (dotted(some(type)) !== SIGNED_DATA) throw unreadable();
  const [, , enclosed, ...rest] = some(some(wrapper).parts[0]).parts;
  const content = octetsOf(some(some(some(enclosed).parts[1]).parts[0]));
  const signers = rest.findLast(({ tag }) => tag === BerTag.set)?.parts ?? [];
  if (signers.length !== 1) throw unreadable();
  const signature = signatureOf(some(signers[0]));
  const certificates = (rest.find(({ tag }) => tag === contextTag(0))?.parts ?? [])
    .filter(({ tag }) => tag === BerTag.sequence)
    .map(({ raw }) => new X509Certificate(raw));
  return { content, certificates, isSignedBy: (key) => isSignature(signature, content, key) };
}

interface Signature {
  readonly digest: string;
  /** What is signed in place of the content, where there is such. */
  readonly attributes: BerValue | undefined;
  readonly value: Buffer;
}

/** `SignerInfo`: version, whose, digest, [0] attributes, algorithm, signature. */
function signatureOf({ parts }: BerValue): Signature {
  const digest = DIGESTS[dotted(some(some(parts[2]).parts[0]))];
  const attributes = parts.find(({ tag }) => tag === contextTag(0));
  const value = parts.findLast(({ tag }) => tag === BerTag.octets);
  if (digest === undefined) throw new Error("It is signed with a digest that is too weak.");
  return { digest, attributes, value: some(value).body };
}

function isSignature({ digest, attributes, value }: Signature, content: Buffer, key: KeyObject): boolean {
  if (attributes === undefined) return verify(digest, content, key, value);
  const told = attributes.parts.find(({ parts: [type] }) => dotted(some(type)) === MESSAGE_DIGEST);
  const stated = octetsOf(some(told?.parts[1]?.parts[0]));
  const actual = createHash(digest).update(content).digest();
  if (stated.length !== actual.length || !timingSafeEqual(stated, actual)) return false;
  // RFC 5652, section 5.4: they are signed as the SET that they are, not under the tag that they have in the message.
  const signed = Buffer.from(attributes.raw);
  signed[0] = BerTag.set;
  return verify(digest, signed, key, value);
}

function some(value: BerValue | undefined): BerValue {
  if (value === undefined) throw unreadable();
  return value;
}

function unreadable(): Error {
  return new Error("It is no PKCS#7 message with its content and one signature.");
}
