import { messageOf } from "../../errors.ts";
import type { ConfigNode } from "../../options/config-tree.ts";
import { type TlsLocations, locationsOf } from "../../security/references/locations.ts";
import { isReference, parseReference } from "../../security/references/parse-reference.ts";
import { placeOf, textOf, unexpected } from "../nodes.ts";
import type { Reader } from "./reader.ts";

/** `certificate:` of a document: what is in OCI's Certificates service, and where on the machine it is put. */
export interface AdsCertificate {
  /** The OCID of the certificate authority. */
  readonly caId: string | undefined;
  /** The OCID of the certificate, which has a key. */
  readonly certId: string | undefined;
  readonly locations: TlsLocations;
  /** The document's mapping. */
  readonly node: ConfigNode;
}

const AT = ["spec", "cluster", "spec", "certificate"];
const IDS = [
  ["caCert", "oci-cert-authority", "certificateauthority"],
  ["cert", "oci-cert", "certificate"],
] as const;
const LOCATIONS = [
  ["ca", "caCert", "downloadLocation"],
  ["cert", "cert", "certDownloadLocation"],
  ["key", "cert", "keyDownloadLocation"],
] as const;

/** Reads `certificate:`, if the document has one. */
export function adsCertificate(reader: Reader): AdsCertificate | undefined {
  const node = reader.node(...AT);
  if (node === undefined) return undefined;
  const at = (...path: readonly string[]): string | undefined => reader.text(...AT, ...path);
  const locations = LOCATIONS.flatMap(([file, ...path]) => {
    const location = at(...path);
    return location === undefined ? [] : [[file, location]];
  });
  return { caId: at("caCert", "id"), certId: at("cert", "id"), locations: Object.fromEntries(locations), node };
}

/** What keeps a machine of OCI from downloading it, a sentence each with its line. */
export function faultsOfCertificate(reader: Reader, { node }: AdsCertificate): readonly string[] {
  const ids = IDS.flatMap(([part, store, kind]) => {
    const id = reader.node(...AT, part, "id");
    const expected = `an OCID such as ocid1.${kind}.oc1.iad.aaaa…`;
    if (id === undefined) return [`certificate needs ${part}.id, ${expected}${placeOf(node)}`];
    return isReference(parseReference(`${store}:${textOf(id) ?? ""}`))
      ? []
      : [unexpected(`certificate.${part}.id`, expected, id)];
  });
  const locations = LOCATIONS.flatMap(([file, ...path]) => {
    const location = reader.node(...AT, ...path);
    if (location === undefined) return [];
    try {
      locationsOf({ [file]: textOf(location) });
      return [];
    } catch (error) {
      return [`${messageOf(error).replace(/\.$/u, "")}${placeOf(location)}`];
    }
  });
  return [...ids, ...locations];
}
