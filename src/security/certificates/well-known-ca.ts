import { X509Certificate } from "node:crypto";

import { nodeTls } from "../../node-tls.ts";
import { invalid } from "../invalid.ts";
import type { RolePair } from "../role-pair.ts";
import { type Chain, findChains, nameOf } from "./certificate-chain.ts";

/** A `tlsCaFile` that is no file: the CAs that this computer trusts. */
export const SYSTEM_CA = "system";

/**
 * The roots above certificates among those that this computer trusts: Node's own, the system's, and those of `NODE_EXTRA_CA_CERTS`.
 *
 * @throws DaskFleetError `SECURITY_INVALID` for a certificate that leads to none of them
 */
export function systemRootsAbove(pairs: readonly RolePair[]): readonly X509Certificate[] {
  const roots = trustedHere();
  const tops = pairs.map((pair) => topOf(pair, roots));
  return tops.filter((top, nth) => tops.findIndex((other) => other.raw.equals(top.raw)) === nth);
}

function topOf({ leaf, intermediates, certTitle }: RolePair, roots: readonly X509Certificate[]): X509Certificate {
  const chains = findChains(leaf, intermediates, roots);
  const top = "problem" in chains ? undefined : chains.toSorted(shorterFirst)[0]?.at(-1);
  if (top !== undefined) return top;
  const last = intermediates.at(-1) ?? leaf;
  throw invalid(
    `The certificate in ${certTitle} leads to no CA that this computer trusts: it is below ${nameOf(last.issuer)}. ` +
      "Put the intermediates behind it, or name the CA's file in `tlsCaFile`.",
  );
}

function shorterFirst(one: Chain, other: Chain): number {
  return one.length - other.length;
}

function trustedHere(): readonly X509Certificate[] {
  const { rootCertificates } = nodeTls();
  // Node 22.15 and newer.
  const { getCACertificates } = nodeTls() as {
    readonly getCACertificates?: (type: "default" | "system") => readonly string[];
  };
  const pems = getCACertificates === undefined ? [] : [...getCACertificates("default"), ...getCACertificates("system")];
  return [...new Set([...rootCertificates, ...pems].map((pem) => pem.trim()))].map((pem) => new X509Certificate(pem));
}

/**
 * The first of these that is a CA which signs for anybody who owns a name: a root of Mozilla's list, which Node brings, or one that such
 * a root has signed.
 */
export function publicAuthority(authorities: readonly X509Certificate[]): X509Certificate | undefined {
  const roots = nodeTls().rootCertificates.map((pem) => new X509Certificate(pem));
  return authorities.find((authority) =>
    roots.some(
      (root) => root.raw.equals(authority.raw) || (authority.checkIssued(root) && authority.verify(root.publicKey)),
    ),
  );
}
