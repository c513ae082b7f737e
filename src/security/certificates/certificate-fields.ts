import type { X509Certificate } from "node:crypto";

import { type DerNode, Oid, children, content, dottedId, fromDer, isBoolean, isInteger, isTagged } from "./der.ts";

/** Fields that decide over a chain and that node:crypto does not show. */
export interface CertificateFields {
  readonly version: 1 | 2 | 3;
  /** OID of the algorithm that the issuer signed with. */
  readonly signatureAlgorithm: string;
  readonly basicConstraints: { readonly authority: boolean; readonly pathLength: number | undefined } | undefined;
  /** First byte of the keyUsage bits; undefined without that extension. */
  readonly keyUsage: number | undefined;
}

/** Bits in the first byte of keyUsage (RFC 5280, section 4.2.1.3). */
export const KeyUsage = { digitalSignature: 0x80, keyAgreement: 0x08, keyCertSign: 0x04, cRLSign: 0x02 } as const;

export function fieldsOf(certificate: X509Certificate): CertificateFields {
  const [signed, algorithm] = children(fromDer(certificate.raw));
  const fields = children(signed);
  const extensions = extensionsOf(fields.find((field) => isTagged(field, 3)));
  const constraints = extensions.get(Oid.basicConstraints);
  const usage = extensions.get(Oid.keyUsage);
  return {
    version: versionOf(fields[0]),
    signatureAlgorithm: dottedId(children(algorithm)[0]),
    basicConstraints: constraints === undefined ? undefined : basicConstraintsOf(constraints),
    keyUsage: usage === undefined ? undefined : (content(fromDer(usage))[1] ?? 0),
  };
}

/** `[0] INTEGER` that is left out for version 1. */
function versionOf(first: DerNode | undefined): 1 | 2 | 3 {
  if (first === undefined || !isTagged(first, 0)) return 1;
  return content(children(first)[0])[0] === 2 ? 3 : 2;
}

function extensionsOf(wrapper: DerNode | undefined): ReadonlyMap<string, Buffer> {
  return new Map(
    children(children(wrapper)[0]).map((extension) => {
      const parts = children(extension);
      return [dottedId(parts[0]), content(parts.at(-1))];
    }),
  );
}

function basicConstraintsOf(der: Buffer): CertificateFields["basicConstraints"] {
  const parts = children(fromDer(der));
  const pathLength = parts.find(isInteger);
  return {
    authority: (content(parts.find(isBoolean))[0] ?? 0) !== 0,
    pathLength: pathLength === undefined ? undefined : Number.parseInt(content(pathLength).toString("hex"), 16),
  };
}
