import type { Security } from "../../security/security.ts";
import type { AdsCertificate } from "./certificate.ts";
import type { OwnTerms } from "./own-terms.ts";
import type { TlsPaths } from "./start-options.ts";
import { tlsFiles } from "./tls-files.ts";

interface Around {
  readonly terms: OwnTerms;
  /** The document's folder. */
  readonly folder: string;
  /** The TLS files of each role's start options. */
  readonly main: TlsPaths;
  readonly worker: TlsPaths;
  readonly certificate: AdsCertificate | undefined;
}

/** Whose certificates the cluster has. Undefined: temporary ones. */
export function adsSecurity({ terms, folder, certificate, main, worker }: Around): Security | undefined {
  for (const [part, id] of [
    ["caCert", certificate?.caId],
    ["cert", certificate?.certId],
  ]) {
    if (id !== undefined) {
      terms.notes.push(
        `The ${part} ${id} is in OCI's Certificates service: ${terms.provider.title} cannot download it.`,
      );
    }
  }
  const { security, notes } = tlsFiles(
    { ...certificate?.locations, ...main },
    { ...certificate?.locations, ...worker },
    { isCloud: terms.provider.isCloud, downloads: certificate !== undefined, folder },
  );
  terms.notes.push(...notes);
  return security;
}
