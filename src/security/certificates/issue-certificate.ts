import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";

import { KeyUsage } from "./certificate-fields.ts";
import {
  type Der,
  Oid,
  bitString,
  integer,
  objectId,
  octetString,
  sequence,
  setOf,
  tagged,
  taggedBytes,
  time,
  utf8String,
  yes,
} from "./der.ts";
import { certificatePem } from "./pem.ts";
import { spkiOf } from "./public-key.ts";

export interface DistinguishedName {
  readonly commonName: string;
  readonly organization?: string | undefined;
}

/** Who signs: a CA's name and its key. What is the same in all its certificates is encoded once. */
export interface Issuer {
  readonly name: Der;
  readonly keyIdentifier: Buffer;
  readonly privateKey: KeyObject;
}

interface Wanted {
  readonly subject: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** A CA that may sign leaves and nothing below them, or a leaf for these uses. */
  readonly use: "authority" | { readonly dnsName: string; readonly server: boolean };
}

export interface CertificateRequest extends Wanted {
  /** A P-256 key. */
  readonly publicKey: KeyObject;
  readonly issuer: DistinguishedName;
  readonly issuerPublicKey: KeyObject;
  readonly issuerPrivateKey: KeyObject;
}

/** The same for many requests of one issuer, with what can be encoded beforehand. */
export interface SigningRequest extends Wanted {
  /** A P-256 key, as DER (SubjectPublicKeyInfo). */
  readonly publicKey: Der;
  readonly issuer: Issuer;
}

/** RFC 5758, section 3.2: an ECDSA algorithm identifier has no parameters. */
const ALGORITHM: Der = sequence(objectId(Oid.ecdsaWithSha256));
const VERSION_3: Der = tagged(0, integer(2));
/** An uncompressed point of P-256, which ends a SubjectPublicKeyInfo. */
const POINT_BYTES = 65;

export function issuerOf(name: DistinguishedName, publicKey: Der, privateKey: KeyObject): Issuer {
  return { name: nameOf(name), keyIdentifier: keyIdentifier(publicKey), privateKey };
}

export function issueCertificate(request: CertificateRequest): X509Certificate {
  const { publicKey, issuer: name, issuerPublicKey, issuerPrivateKey, ...wanted } = request;
  const issuer = issuerOf(name, spkiOf(issuerPublicKey), issuerPrivateKey);
  return new X509Certificate(signCertificate({ ...wanted, publicKey: spkiOf(publicKey), issuer }));
}

/** One X.509 v3 certificate (RFC 5280, section 4.1) for a P-256 key, signed by one, as PEM. */
export function signCertificate(request: SigningRequest): string {
  const { issuer, notBefore, notAfter, subject, publicKey } = request;
  const toBeSigned = sequence(
    VERSION_3,
    serialNumber(),
    ALGORITHM,
    issuer.name,
    sequence(time(notBefore), time(notAfter)),
    nameOf(subject),
    publicKey,
    tagged(3, sequence(...extensions(request))),
  );
  const signature = sign("sha256", toBeSigned, issuer.privateKey);
  return certificatePem(sequence(toBeSigned, ALGORITHM, bitString(signature)));
}

/** 9 random bytes, 8 of them whole, whose first one keeps the DER integer positive and free of padding. */
function serialNumber(): Der {
  const [first = 0, ...rest] = randomBytes(9);
  return integer((first & 0x3f) | 0x40, ...rest);
}

const COMMON_NAME = objectId(Oid.commonName);
const ORGANIZATION = objectId(Oid.organizationName);

function nameOf({ organization, commonName }: DistinguishedName): Der {
  const part = (type: Der, text: string): Der => setOf(sequence(type, utf8String(text)));
  return sequence(
    ...(organization === undefined ? [] : [part(ORGANIZATION, organization)]),
    part(COMMON_NAME, commonName),
  );
}

/** What OpenSSL's `-x509_strict` and RFC 5280 ask of each kind, and no more: EC2's limit of user data is near. */
function extensions({ use, publicKey, issuer }: SigningRequest): readonly Der[] {
  if (use === "authority") {
    return [
      critical(Oid.basicConstraints, sequence(yes(), NO_CA_BELOW)),
      critical(Oid.keyUsage, bits(KeyUsage.keyCertSign | KeyUsage.cRLSign)),
      // Its own issuer needs no other identifier (RFC 5280, section 4.2.1.1).
      extension(Oid.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
    ];
  }
  return [
    LEAF,
    LEAF_USAGE,
    use.server ? SERVER_AND_CLIENT : CLIENT_ONLY,
    extension(Oid.subjectAltName, sequence(taggedBytes(DNS_NAME, Buffer.from(use.dnsName)))),
    extension(Oid.authorityKeyIdentifier, sequence(taggedBytes(0, issuer.keyIdentifier))),
  ];
}

const NO_CA_BELOW: Der = integer(0);
const SERVER_AUTH: Der = objectId(Oid.serverAuth);
const CLIENT_AUTH: Der = objectId(Oid.clientAuth);
const LEAF: Der = critical(Oid.basicConstraints, sequence());
const LEAF_USAGE: Der = critical(Oid.keyUsage, bits(KeyUsage.digitalSignature));
const SERVER_AND_CLIENT: Der = extension(Oid.extKeyUsage, sequence(SERVER_AUTH, CLIENT_AUTH));
const CLIENT_ONLY: Der = extension(Oid.extKeyUsage, sequence(CLIENT_AUTH));
/** `dNSName [2]` of a GeneralName. */
const DNS_NAME = 2;

function extension(id: string, value: Der): Der {
  return sequence(objectId(id), octetString(value));
}

function critical(id: string, value: Der): Der {
  return sequence(objectId(id), yes(), octetString(value));
}

/** A list of named bits, which DER ends with the last bit that is set (X.690, section 11.2.2). */
function bits(byte: number): Der {
  return bitString(Buffer.of(byte), Math.log2(byte & -byte));
}

/** RFC 5280, section 4.2.1.2, method 1: SHA-1 over the public key's bits, without the count of unused bits. */
function keyIdentifier(publicKey: Der): Buffer {
  return createHash("sha1").update(publicKey.subarray(-POINT_BYTES)).digest();
}
