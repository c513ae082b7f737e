import type { KeyObject, X509Certificate } from "node:crypto";

import type { PemSource } from "./certificates/pem-source.ts";
import { certificatesIn } from "./certificates/pem.ts";
import { privateKeyIn } from "./certificates/private-key.ts";
import { invalid } from "./invalid.ts";

/** A certificate and its key. */
export interface RolePair {
  /** The option and file of the certificate and of the key, for messages. */
  readonly certTitle: string;
  readonly keyTitle: string;
  readonly leaf: X509Certificate;
  /** The other certificates of its PEM that lead upwards from the leaf, in the order TLS sends them. */
  readonly intermediates: readonly X509Certificate[];
  readonly key: KeyObject;
}

/** @param keyOption the option for the key, for the message if it is missing. */
export function readPair(certSource: PemSource, keySource: PemSource, keyOption: string): RolePair {
  const certificates = certificatesIn(certSource);
  const key = privateKeyIn(keySource);
  if (key === undefined) {
    const advice = keySource === certSource ? `: set \`${keyOption}\`, or put the key into the same PEM` : "";
    throw invalid(`${keySource.title} has no private key${advice}.`);
  }
  // The leaf is the certificate that fits the key: some tools write the chain first, and OpenSSL would take the CA for the leaf.
  const leaf = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (leaf === undefined) {
    throw invalid(`The key in ${keySource.title} does not fit the certificate in ${certSource.title}.`);
  }
  return {
    certTitle: certSource.title,
    keyTitle: keySource.title,
    leaf,
    intermediates: upwards(leaf, certificates),
    key,
  };
}

/** A self-signed certificate ends the walk: TLS does not send the root. */
function upwards(leaf: X509Certificate, certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  const path = [leaf];
  for (let next: X509Certificate | undefined = leaf; next !== undefined;) {
    const current: X509Certificate = next;
    next = certificates.find(
      (candidate) =>
        !path.includes(candidate) && candidate.subject !== candidate.issuer && current.checkIssued(candidate),
    );
    if (next !== undefined) path.push(next);
  }
  return path.slice(1);
}
