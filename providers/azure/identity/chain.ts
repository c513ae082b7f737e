import { X509Certificate } from "node:crypto";

import { nodeTls } from "../../../src/node-tls.ts";
import { printableLine } from "../../../src/text/printable.ts";

/** Azure's have one or two above the signer's. */
const LONGEST = 4;
const AIA_ISSUER = /^CA Issuers - URI:(?<url>https?:\/\/\S+)$/m;

/** Where the certificates above a signer's come from. */
export interface ChainSources {
  /** Roots, and more. */
  readonly trusted: readonly X509Certificate[];
  /** The certificate at a URL of Azure's; undefined for any other URL; rejects where it cannot be had. */
  readonly fetch: (url: string) => Promise<X509Certificate | undefined>;
}

/** The roots that Node trusts: its own, and those of the system and of `NODE_EXTRA_CA_CERTS` where this Node tells of them. */
export function nodesRoots(): readonly X509Certificate[] {
  // Node 22.15 and newer.
  const tls = nodeTls();
  const { getCACertificates } = tls as { readonly getCACertificates?: (type: "default") => readonly string[] };
  return (getCACertificates?.("default") ?? tls.rootCertificates).map((pem) => new X509Certificate(pem));
}

/**
 * Why a certificate leads to no trusted root, in words; undefined where it does. Those above it are asked for where each says that its
 * issuer is, as Azure's do not come along.
 *
 * @throws DaskFleetError `PROVIDER_FAILED` where one cannot be had
 */
export async function problemOfChain(
  leaf: X509Certificate,
  { trusted, fetch, now }: ChainSources & { readonly now: Date },
): Promise<string | undefined> {
  let top = leaf;
  for (let length = 0; length < LONGEST; length += 1) {
    if (now < top.validFromDate || now > top.validToDate)
      return "a certificate above its attested data is not valid now";
    const below = top;
    if (trusted.some((root) => isOver(root, below) && now >= root.validFromDate && now <= root.validToDate)) {
      return undefined;
    }
    const { url } = AIA_ISSUER.exec(top.infoAccess ?? "")?.groups ?? {};
    const issuer = url === undefined ? undefined : await fetch(url);
    if (issuer === undefined) break;
    if (!isOver(issuer, top)) return "its attested data is signed with a certificate whose issuer did not sign it";
    top = issuer;
  }
  return `its attested data is signed with a certificate that leads to no root which is trusted here (${printableLine(top.issuer, 120)})`;
}

function isOver(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
