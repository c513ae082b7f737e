import type { X509Certificate } from "node:crypto";

import type { Role } from "../tls-material.ts";
import { type Chain, nameOf } from "./certificate-chain.ts";
import { KeyUsage, fieldsOf } from "./certificate-fields.ts";
import { Oid } from "./der.ts";
import { keyWeakness } from "./private-key.ts";

/** MD5 and SHA-1 with RSA, SHA-1 with ECDSA: OpenSSL's default security level refuses them. */
const WEAK_SIGNATURES: ReadonlySet<string> = new Set([Oid.md5WithRsa, Oid.sha1WithRsa, Oid.ecdsaWithSha1]);

export interface ChainCheck {
  readonly role: Role;
  /** The option and file of the leaf, for messages. */
  readonly title: string;
  readonly now: Date;
  readonly validUntil: Date | undefined;
}

/** The first fault for which a Dask peer would refuse a chain, as a sentence; undefined if it would accept it. */
export function problemOf(chain: Chain, check: ChainCheck): string | undefined {
  for (const [index, certificate] of chain.entries()) {
    const title =
      index === 0
        ? `The certificate in ${check.title}`
        : `The CA certificate ${nameOf(certificate.subject)} above ${check.title}`;
    const problem =
      dateProblem(certificate, check) ??
      strengthProblem(certificate, index < chain.length - 1) ??
      useProblem(certificate, check.role, index === 0);
    if (problem !== undefined) return `${title} ${problem}.`;
  }
  return undefined;
}

function dateProblem(certificate: X509Certificate, { now, validUntil }: ChainCheck): string | undefined {
  const from = certificate.validFromDate;
  const to = certificate.validToDate;
  if (now > to) return `expired at ${to.toISOString()}: renew it, and start again`;
  if (now < from) return `is not valid before ${from.toISOString()} (it is ${now.toISOString()} here)`;
  if (validUntil !== undefined && validUntil > to) {
    return `expires at ${to.toISOString()}, before ${validUntil.toISOString()}, until when the cluster may run`;
  }
  return undefined;
}

/** @param verified whether peers verify its signature: not a trusted root's. */
function strengthProblem(certificate: X509Certificate, verified: boolean): string | undefined {
  const weakness = keyWeakness(certificate.publicKey);
  if (weakness !== undefined) return `cannot be used: its key ${weakness}`;
  if (verified && WEAK_SIGNATURES.has(fieldsOf(certificate).signatureAlgorithm)) {
    return "cannot be used: it is signed with MD5 or SHA-1, which OpenSSL refuses. Sign it with SHA-256";
  }
  return undefined;
}

/**
 * OpenSSL's purposes `sslserver` and `sslclient`. Scheduler and worker are both: a worker with a client's certificate registers,
 * and then no peer can dial it. `anyExtendedKeyUsage` is not enough for OpenSSL.
 */
function useProblem(certificate: X509Certificate, role: Role, leaf: boolean): string | undefined {
  // node:crypto's `keyUsage` is the extended key usage: a list of OIDs, undefined without the extension.
  const extended = certificate.keyUsage as readonly string[] | undefined;
  const needed = role === "client" ? [Oid.clientAuth] : [Oid.serverAuth, Oid.clientAuth];
  for (const use of needed) {
    if (extended !== undefined && !extended.includes(use)) {
      const name = use === Oid.serverAuth ? "serverAuth" : "clientAuth";
      return `cannot be used by the ${role}: its extendedKeyUsage lacks ${name} (a ${role} needs ${needsOf(role)})`;
    }
  }
  const usage = fieldsOf(certificate).keyUsage;
  if (leaf && usage !== undefined && (usage & (KeyUsage.digitalSignature | KeyUsage.keyAgreement)) === 0) {
    return `cannot be used by the ${role}: its keyUsage lacks digitalSignature`;
  }
  return undefined;
}

function needsOf(role: Role): string {
  return role === "client" ? "clientAuth" : "serverAuth and clientAuth";
}
