import { Security } from "../../security/security.ts";
import { type AdsCertificate, faultsOfCertificate } from "./certificate.ts";
import { isOnOci } from "./oci.ts";
import type { OwnTerms } from "./own-terms.ts";
import type { Reader } from "./reader.ts";
import type { TlsPaths } from "./start-options.ts";
import { tlsFiles } from "./tls-files.ts";

interface Around {
  readonly reader: Reader;
  readonly terms: OwnTerms;
  /** The document's folder. */
  readonly folder: string;
  readonly problems: string[];
  /** The TLS files of each role's start options. */
  readonly main: TlsPaths;
  readonly worker: TlsPaths;
  readonly certificate: AdsCertificate | undefined;
}

/** Whose certificates the cluster has. Undefined: temporary ones. */
export function adsSecurity({ certificate, main, worker, ...around }: Around): Security | undefined {
  const { terms, folder } = around;
  if (certificate !== undefined && isOnOci(terms.provider)) return byReference(certificate, [main, worker], around);
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

/** Each machine fetches the certificate through its own identity, and this process with its own. */
function byReference(
  certificate: AdsCertificate,
  roles: readonly TlsPaths[],
  { reader, terms, problems }: Pick<Around, "reader" | "terms" | "problems">,
): Security | undefined {
  const faults = faultsOfCertificate(reader, certificate);
  problems.push(...faults);
  const { caId, certId, locations } = certificate;
  if (faults.length > 0 || caId === undefined || certId === undefined) return undefined;
  for (const file of ["ca", "cert", "key"] as const) {
    const other = roles.map((paths) => paths[file]).find((path) => path !== undefined && path !== locations[file]);
    if (other !== undefined) {
      const where = locations[file] ?? "no location";
      terms.notes.push(
        `startOptions look for ${other}, and certificate downloads it to ${where}: Dask finds it all the same.`,
      );
    }
  }
  return Security.from({
    ca: `oci-cert-authority:${caId}`,
    cert: `oci-cert:${certId}`,
    key: `oci-cert:${certId}`,
    locations,
  });
}
