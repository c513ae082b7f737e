import type { X509Certificate } from "node:crypto";

import { type Asn1, children, Class, content, dottedId, fromDer, Type } from "./forge-asn1.ts";

const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";

/** node-forge keeps a tag's number as a `Type`: these are `[0]` and `[3]`. */
const VERSION_TAG = Type.NONE;
const EXTENSIONS_TAG = Type.BITSTRING;

/** What decides over a chain and node:crypto does not tell. */
export interface CertificateFields {
  readonly version: 1 | 2 | 3;
  /** OID of the algorithm that the issuer signed with. */
  readonly signatureAlgorithm: string;
  readonly basicConstraints: { readonly authority: boolean; readonly pathLength: number | undefined } | undefined;
  /** First byte of the keyUsage bits; undefined without that extension. */
  readonly keyUsage: number | undefined;
}

export const KeyUsage = { digitalSignature: 0x80, keyEncipherment: 0x20, keyAgreement: 0x08 } as const;

export function fieldsOf(certificate: X509Certificate): CertificateFields {
  const [signed, algorithm] = children(fromDer(certificate.raw));
  const fields = children(signed);
  const extensions = extensionsOf(fields.find((field) => isTagged(field, EXTENSIONS_TAG)));
  const constraints = extensions.get(BASIC_CONSTRAINTS);
  const usage = extensions.get(KEY_USAGE);
  return {
    version: versionOf(fields[0]),
    signatureAlgorithm: dottedId(children(algorithm)[0]),
    basicConstraints: constraints === undefined ? undefined : basicConstraintsOf(constraints),
    keyUsage: usage === undefined ? undefined : (content(fromDer(usage))[1] ?? 0),
  };
}

function isTagged(node: Asn1, tag: Asn1["type"]): boolean {
  return node.tagClass === Class.CONTEXT_SPECIFIC && node.type === tag;
}

/** `[0] INTEGER` that is left out for version 1. */
function versionOf(first: Asn1 | undefined): 1 | 2 | 3 {
  if (first === undefined || !isTagged(first, VERSION_TAG)) return 1;
  return content(children(first)[0])[0] === 2 ? 3 : 2;
}

function extensionsOf(wrapper: Asn1 | undefined): ReadonlyMap<string, Buffer> {
  return new Map(
    children(children(wrapper)[0]).map((extension) => {
      const parts = children(extension);
      return [dottedId(parts[0]), content(parts.at(-1))];
    }),
  );
}

function basicConstraintsOf(der: Buffer): CertificateFields["basicConstraints"] {
  const parts = children(fromDer(der));
  const authority = parts.find((part) => part.type === Type.BOOLEAN);
  const pathLength = parts.find((part) => part.type === Type.INTEGER);
  return {
    authority: (content(authority)[0] ?? 0) !== 0,
    pathLength: pathLength === undefined ? undefined : Number.parseInt(content(pathLength).toString("hex"), 16),
  };
}
