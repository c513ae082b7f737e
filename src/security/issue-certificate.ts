import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";

import { KeyUsage } from "./certificate-fields.ts";
import {
  type DerNode,
  Oid,
  bitString,
  children,
  content,
  fromDer,
  integer,
  objectId,
  octetString,
  sequence,
  setOf,
  tagged,
  taggedBytes,
  time,
  toDer,
  utf8String,
  yes,
} from "./der.ts";

export interface DistinguishedName {
  readonly commonName: string;
  readonly organization?: string | undefined;
}

export interface CertificateRequest {
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
  readonly issuer: DistinguishedName;
  readonly issuerPublicKey: KeyObject;
  readonly issuerPrivateKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** A CA that may sign leaves and nothing below them, or a leaf for these uses. */
  readonly use: "authority" | { readonly dnsName: string; readonly server: boolean };
}

/** RFC 5758, section 3.2: an ECDSA algorithm identifier has no parameters. */
const ALGORITHM: DerNode = sequence(objectId(Oid.ecdsaWithSha256));
const VERSION_3: DerNode = integer(2);

/** One X.509 v3 certificate (RFC 5280, section 4.1) for a P-256 key, signed by one: node-forge encodes, node:crypto signs. */
export function issueCertificate(request: CertificateRequest): X509Certificate {
  const toBeSigned = sequence(
    tagged(0, VERSION_3),
    serialNumber(),
    ALGORITHM,
    nameOf(request.issuer),
    sequence(time(request.notBefore), time(request.notAfter)),
    nameOf(request.subject),
    publicKeyInfo(request.publicKey),
    tagged(3, sequence(...extensions(request))),
  );
  const signature = sign("sha256", toDer(toBeSigned), request.issuerPrivateKey);
  return new X509Certificate(toDer(sequence(toBeSigned, ALGORITHM, bitString(signature))));
}

/** 9 random bytes, 8 of them whole, whose first one keeps the DER integer positive and free of padding. */
function serialNumber(): DerNode {
  const [first = 0, ...rest] = randomBytes(9);
  return integer((first & 0x3f) | 0x40, ...rest);
}

function nameOf({ organization, commonName }: DistinguishedName): DerNode {
  const part = (type: string, text: string): DerNode => setOf(sequence(objectId(type), utf8String(text)));
  return sequence(
    ...(organization === undefined ? [] : [part(Oid.organizationName, organization)]),
    part(Oid.commonName, commonName),
  );
}

/** What OpenSSL's `-x509_strict` and RFC 5280 ask of each kind, and no more: EC2's limit of user data is near. */
function extensions({ use, publicKey, issuerPublicKey }: CertificateRequest): readonly DerNode[] {
  if (use === "authority") {
    return [
      critical(Oid.basicConstraints, sequence(yes(), NO_CA_BELOW)),
      critical(Oid.keyUsage, bits(KeyUsage.keyCertSign | KeyUsage.cRLSign)),
      // Its own issuer needs no other identifier (RFC 5280, section 4.2.1.1).
      extension(Oid.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
    ];
  }
  return [
    critical(Oid.basicConstraints, sequence()),
    critical(Oid.keyUsage, bits(KeyUsage.digitalSignature)),
    extension(Oid.extKeyUsage, sequence(...(use.server ? [SERVER_AUTH] : []), CLIENT_AUTH)),
    extension(Oid.subjectAltName, sequence(taggedBytes(DNS_NAME, Buffer.from(use.dnsName)))),
    extension(Oid.authorityKeyIdentifier, sequence(taggedBytes(0, keyIdentifier(issuerPublicKey)))),
  ];
}

const NO_CA_BELOW: DerNode = integer(0);
const SERVER_AUTH: DerNode = objectId(Oid.serverAuth);
const CLIENT_AUTH: DerNode = objectId(Oid.clientAuth);
/** `dNSName [2]` of a GeneralName. */
const DNS_NAME = 2;

function extension(id: string, value: DerNode): DerNode {
  return sequence(objectId(id), octetString(toDer(value)));
}

function critical(id: string, value: DerNode): DerNode {
  return sequence(objectId(id), yes(), octetString(toDer(value)));
}

/** A list of named bits, which DER ends with the last bit that is set (X.690, section 11.2.2). */
function bits(byte: number): DerNode {
  return bitString(Buffer.of(byte), Math.log2(byte & -byte));
}

function publicKeyInfo(key: KeyObject): DerNode {
  return fromDer(key.export({ type: "spki", format: "der" }));
}

/** RFC 5280, section 4.2.1.2, method 1: SHA-1 over the public key's bits, without the count of unused bits. */
function keyIdentifier(key: KeyObject): Buffer {
  const [, point] = children(publicKeyInfo(key));
  return createHash("sha1").update(content(point).subarray(1)).digest();
}
