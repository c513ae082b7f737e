import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from "node:crypto";

import forge from "node-forge";

import {
  type Asn1,
  bitString,
  children,
  content,
  fromDer,
  objectId,
  octetString,
  sequence,
  taggedZero,
  toBeSigned,
  toDer,
} from "./forge-asn1.ts";

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
const AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
const DNS_NAME = 2;

/** Places in a TBSCertificate: version, serial, *signature*, issuer, validity, subject, *subjectPublicKeyInfo*. */
const SIGNATURE_ALGORITHM = 2;
const PUBLIC_KEY_INFO = 6;

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

/**
 * One X.509 v3 certificate, ECDSA P-256 with SHA-256.
 *
 * node-forge knows no elliptic curves, so it only lays out the part to be signed, around a stand-in RSA key; the key and the
 * algorithm are then replaced, and node:crypto signs.
 */
export function issueCertificate(request: CertificateRequest): X509Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = STAND_IN_KEY;
  certificate.serialNumber = serialNumber();
  certificate.validity.notBefore = request.notBefore;
  certificate.validity.notAfter = request.notAfter;
  certificate.siginfo.algorithmOid = ECDSA_WITH_SHA256;
  certificate.setSubject(attributes(request.subject));
  certificate.setIssuer(attributes(request.issuer));
  certificate.setExtensions(extensions(request));

  // RFC 5758, section 3.2: an ECDSA algorithm identifier has no parameters. node-forge always writes NULL.
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const signed = toBeSigned(certificate);
  const fields = [...children(signed)];
  fields[SIGNATURE_ALGORITHM] = algorithm;
  fields[PUBLIC_KEY_INFO] = publicKeyInfo(request.publicKey);
  signed.value = fields;
  const signature = sign("sha256", toDer(signed), request.issuerPrivateKey);
  return new X509Certificate(toDer(sequence(signed, algorithm, bitString(signature))));
}

const ONE = new forge.jsbn.BigInteger("1", 10);
const STAND_IN_KEY: forge.pki.rsa.PublicKey = forge.pki.setRsaPublicKey(ONE, ONE);

/** 9 random bytes, 8 of them whole, whose first one keeps the DER integer positive and free of padding. */
function serialNumber(): string {
  const bytes = randomBytes(9);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

function attributes(name: DistinguishedName): forge.pki.CertificateField[] {
  // The types take the tag class for one of asn1.Class, where node-forge wants one of asn1.Type.
  const valueTagClass = forge.asn1.Type.UTF8 as unknown as forge.asn1.Class;
  return Object.entries(name)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({ name: key === "organization" ? "organizationName" : key, value, valueTagClass }));
}

/** The table of section 8 in the notes: what OpenSSL's `-x509_strict` and RFC 5280 ask of each kind. */
function extensions({ use, publicKey, issuerPublicKey }: CertificateRequest): object[] {
  const own = { id: SUBJECT_KEY_IDENTIFIER, value: octetString(keyIdentifier(publicKey)) };
  if (use === "authority") {
    return [
      { name: "basicConstraints", critical: true, cA: true, pathLenConstraint: 0 },
      { name: "keyUsage", critical: true, keyCertSign: true, cRLSign: true },
      // Its own issuer needs no other identifier (RFC 5280, section 4.2.1.1).
      own,
    ];
  }
  return [
    { name: "basicConstraints", critical: true, cA: false },
    { name: "keyUsage", critical: true, digitalSignature: true },
    { name: "extKeyUsage", serverAuth: use.server, clientAuth: true },
    { name: "subjectAltName", altNames: [{ type: DNS_NAME, value: use.dnsName }] },
    own,
    { id: AUTHORITY_KEY_IDENTIFIER, value: sequence(taggedZero(keyIdentifier(issuerPublicKey))) },
  ];
}

function publicKeyInfo(key: KeyObject): Asn1 {
  return fromDer(key.export({ type: "spki", format: "der" }));
}

/** RFC 5280, section 4.2.1.2, method 1: SHA-1 over the public key's bits, without the count of unused bits. */
function keyIdentifier(key: KeyObject): Buffer {
  const [, bits] = children(publicKeyInfo(key));
  return createHash("sha1").update(content(bits).subarray(1)).digest();
}
