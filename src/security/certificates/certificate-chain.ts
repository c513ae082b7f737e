import type { X509Certificate } from "node:crypto";

import { fieldsOf } from "./certificate-fields.ts";

/** From the leaf to a self-signed CA that is trusted; a self-signed leaf that is trusted itself stands alone. */
export type Chain = readonly X509Certificate[];

/** Why a leaf does not lead to a CA, in words that follow its name. */
export interface NoChain {
  readonly problem: string;
}

const LONGEST_CHAIN = 10;

function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
}

/** A name on one line: node:crypto writes one part a line. */
export function nameOf(name: string | undefined): string {
  return name === undefined || name === "" ? "(no name)" : `"${name.replaceAll("\n", ", ")}"`;
}

/**
 * Every chain that OpenSSL could take. Python's Dask (before Python 3.13) and Node do not trust an intermediate for itself, so a
 * chain always ends at a self-signed certificate.
 */
export function findChains(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): readonly Chain[] | NoChain {
  if (isSelfSigned(leaf)) {
    if (trusted.some((certificate) => certificate.raw.equals(leaf.raw))) return [[leaf]];
    return { problem: "is self-signed: put the same certificate into `tlsCaFile`, or have it signed by that CA" };
  }
  const found: Chain[] = [];
  let problem = "";
  const climb = (path: Chain): void => {
    const top = path.at(-1) ?? leaf;
    if (isSelfSigned(top)) {
      if (trusted.some((certificate) => certificate.raw.equals(top.raw))) found.push(path);
      else problem = `leads to ${nameOf(top.subject)}, which is not in \`tlsCaFile\``;
      return;
    }
    const named = [...trusted, ...intermediates].filter((candidate) => candidate.subject === top.issuer);
    if (named.length === 0) problem = missing(top, leaf, trusted);
    for (const issuer of named) {
      if (path.includes(issuer) || path.length >= LONGEST_CHAIN) continue;
      const refusal = refusalOf(issuer, top, path.length - 1);
      if (refusal === undefined) climb([...path, issuer]);
      else problem = refusal;
    }
  };
  climb([leaf]);
  return found.length > 0 ? found : { problem };
}

function missing(top: X509Certificate, leaf: X509Certificate, trusted: readonly X509Certificate[]): string {
  const holds = trusted.map((certificate) => nameOf(certificate.subject)).join(" and ");
  const where = top === leaf ? "is signed by" : `leads through ${nameOf(top.subject)} to`;
  return `${where} ${nameOf(top.issuer)}, but \`tlsCaFile\` holds ${holds}; intermediates belong behind the certificate`;
}

/** OpenSSL's rules for an issuer (check_ca and check_chain in crypto/x509), with `below` intermediates between it and the leaf. */
function refusalOf(issuer: X509Certificate, child: X509Certificate, below: number): string | undefined {
  const name = nameOf(issuer.subject);
  const { basicConstraints, version } = fieldsOf(issuer);
  const oldRoot = version === 1 && issuer.subject === issuer.issuer;
  if (!(basicConstraints?.authority ?? oldRoot)) {
    return `names ${name} as its issuer, which is not a CA certificate (no CA:TRUE in its basicConstraints)`;
  }
  if (!child.checkIssued(issuer) || !child.verify(issuer.publicKey)) {
    return `was not signed by the certificate of ${name} that is here: another CA of the same name, or one that may not sign`;
  }
  if (below > (basicConstraints?.pathLength ?? LONGEST_CHAIN)) {
    return `has more intermediates than its CA ${name} allows`;
  }
  return undefined;
}
