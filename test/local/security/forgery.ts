import { generateKeyPairSync, type KeyPairKeyObjectResult, X509Certificate } from "node:crypto";

import { issueCertificate } from "../../../src/security/certificates/issue-certificate.ts";
import type { TlsMaterial } from "../../../src/security/tls-material.ts";

/** A client certificate with all names of the real one, issued by a CA with the same name and another key. */
export function forge(real: TlsMaterial): Pick<TlsMaterial, "cert" | "key"> {
  const [authority, leaf] = [new X509Certificate(real.ca), new X509Certificate(real.cert)];
  const [ours, its] = [newKey(), newKey()];
  const issuer = {
    issuer: { organization: nameIn(authority, "O"), commonName: nameIn(authority, "CN") ?? "" },
    issuerPublicKey: ours.publicKey,
    issuerPrivateKey: ours.privateKey,
    notBefore: authority.validFromDate,
    notAfter: authority.validToDate,
  };
  const commonName = nameIn(leaf, "CN") ?? "";
  const use = { dnsName: commonName, server: false };
  const cert = issueCertificate({ ...issuer, subject: { commonName }, publicKey: its.publicKey, use });
  return { cert: cert.toString(), key: its.privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

function newKey(): KeyPairKeyObjectResult {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function nameIn({ subject }: X509Certificate, part: "CN" | "O"): string | undefined {
  return subject
    .split("\n")
    .find((line) => line.startsWith(`${part}=`))
    ?.slice(part.length + 1);
}
