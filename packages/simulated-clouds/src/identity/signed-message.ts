import { createHash, sign } from "node:crypto";

import type { Certified } from "./certificate.ts";
import { context, integer, octets, oid, sequence, setOf, Tag, tlv, utcTime } from "./der.ts";

const DATA = "1.2.840.113549.1.7.1";
const SHA256 = sequence(oid("2.16.840.1.101.3.4.2.1"), tlv(Tag.null));
const SHA256_WITH_RSA = sequence(oid("1.2.840.113549.1.1.11"), tlv(Tag.null));
const RSA = sequence(oid("1.2.840.113549.1.1.1"), tlv(Tag.null));

/** How services differ in what they sign. */
interface Manner {
  /** Whether the digest names the signature's algorithm and no attributes are signed, as on Azure. */
  readonly plain?: boolean | undefined;
}

/**
 * A text, signed, as a PKCS#7 message in base64: as clouds' metadata services give it.
 *
 * @param certificates that come along
 */
export function signedMessage(
  text: string,
  signer: Certified,
  certificates: readonly Buffer[],
  { plain = false }: Manner = {},
): string {
  const content = Buffer.from(text);
  const digest = plain ? SHA256_WITH_RSA : SHA256;
  const attributes = plain ? [] : attributesOf(content);
  const toSign = plain ? content : setOf(...attributes);
  const signerInfo = sequence(
    integer(1),
    sequence(signer.name, signer.serial),
    digest,
    ...(plain ? [] : [context(0, ...attributes)]),
    RSA,
    octets(sign("sha256", toSign, signer.privateKey)),
  );
  const signed = sequence(
    integer(1),
    setOf(digest),
    sequence(oid(DATA), context(0, octets(content))),
    ...(certificates.length === 0 ? [] : [context(0, ...certificates)]),
    setOf(signerInfo),
  );
  return sequence(oid("1.2.840.113549.1.7.2"), context(0, signed)).toString("base64");
}

function attributesOf(content: Buffer): readonly Buffer[] {
  const attribute = (id: string, value: Buffer): Buffer => sequence(oid(id), setOf(value));
  return [
    attribute("1.2.840.113549.1.9.3", oid(DATA)),
    attribute("1.2.840.113549.1.9.4", octets(createHash("sha256").update(content).digest())),
    attribute("1.2.840.113549.1.9.5", utcTime(new Date())),
  ].toSorted((one, other) => one.compare(other));
}
