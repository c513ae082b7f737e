import forge from "node-forge";

export type Asn1 = forge.asn1.Asn1;

/** Functions that node-forge has and `@types/node-forge` leaves out. */
interface Untyped {
  readonly pki: { getTBSCertificate(certificate: forge.pki.Certificate): Asn1 };
  readonly asn1: { fromDer(bytes: string, options: { readonly decodeBitStrings: boolean }): Asn1 };
}
const untyped: Untyped = forge as unknown as Untyped;

export const Class: typeof forge.asn1.Class = forge.asn1.Class;
export const Type: typeof forge.asn1.Type = forge.asn1.Type;

/** The part of a certificate that its issuer signs. */
export function toBeSigned(certificate: forge.pki.Certificate): Asn1 {
  return untyped.pki.getTBSCertificate(certificate);
}

export function sequence(...items: readonly Asn1[]): Asn1 {
  return forge.asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, [...items]);
}

export function objectId(dotted: string): Asn1 {
  return forge.asn1.create(Class.UNIVERSAL, Type.OID, false, forge.asn1.oidToDer(dotted).getBytes());
}

export function octetString(bytes: Buffer): Asn1 {
  return forge.asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, bytes.toString("latin1"));
}

export function bitString(bytes: Buffer): Asn1 {
  return forge.asn1.create(Class.UNIVERSAL, Type.BITSTRING, false, `\0${bytes.toString("latin1")}`);
}

/** An implicitly tagged primitive `[0]`: node-forge keeps a tag's number as a `Type`, where 0 is NONE. */
export function taggedZero(bytes: Buffer): Asn1 {
  return forge.asn1.create(Class.CONTEXT_SPECIFIC, Type.NONE, false, bytes.toString("latin1"));
}

export function toDer(node: Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(node).getBytes(), "latin1");
}

/** Bit strings stay bytes: an EC point starts with 0x04, which node-forge would take for a nested OCTET STRING. */
export function fromDer(der: Buffer): Asn1 {
  return untyped.asn1.fromDer(der.toString("latin1"), { decodeBitStrings: false });
}

/** The parts of a SEQUENCE, SET or tagged wrapper; none for a primitive. */
export function children(node: Asn1 | undefined): readonly Asn1[] {
  return node !== undefined && typeof node.value !== "string" ? node.value : [];
}

/** The content bytes of a primitive; empty for anything else. */
export function content(node: Asn1 | undefined): Buffer {
  return Buffer.from(node !== undefined && typeof node.value === "string" ? node.value : "", "latin1");
}

export function dottedId(node: Asn1 | undefined): string {
  return node?.type === Type.OID ? forge.asn1.derToOid(content(node).toString("latin1")) : "";
}
