import type { ConfigNode } from "../../options/config-tree.ts";
import type { Reader } from "./reader.ts";
import type { TlsPaths } from "./start-options.ts";

/** `certificate:` of a document: what is in OCI's Certificates service, and where on the machine it is put. */
export interface AdsCertificate {
  /** The OCID of the certificate authority. */
  readonly caId: string | undefined;
  /** The OCID of the certificate, which has a key. */
  readonly certId: string | undefined;
  readonly locations: TlsPaths;
  /** The document's mapping. */
  readonly node: ConfigNode;
}

const AT = ["spec", "cluster", "spec", "certificate"];
const LOCATIONS = [
  ["caCert", "downloadLocation"],
  ["cert", "certDownloadLocation"],
  ["cert", "keyDownloadLocation"],
] as const;

/** Reads `certificate:`, if the document has one. */
export function adsCertificate(reader: Reader): AdsCertificate | undefined {
  const node = reader.node(...AT);
  if (node === undefined) return undefined;
  const at = (...path: readonly string[]): string | undefined => reader.text(...AT, ...path);
  const [ca, cert, key] = LOCATIONS.map((path) => at(...path));
  return { caId: at("caCert", "id"), certId: at("cert", "id"), locations: { ca, cert, key }, node };
}
