import { readFileSync } from "node:fs";

import type { SimulatedOci } from "@dask-fleet/simulated-clouds/oci";
import type { SimulatedStores } from "@dask-fleet/simulated-clouds/stores";

import { type WireReply, WireServer } from "../../packages/simulated-clouds/src/core/wire.ts";
import { checkSignature } from "../../packages/simulated-clouds/src/oci/signatures.ts";
import { OpensslFiles } from "../unit/security/openssl-files.ts";

export const CA_ID = "ocid1.certificateauthority.oc1.iad.x";
export const CERT_ID = "ocid1.certificate.oc1.iad.x";

/** What OCI's Certificates service has for a cluster: a CA, and one certificate with its key for all roles. */
export interface AdsCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Made as ADS's documentation tells its users. */
export function adsCertificates(): AdsCertificates {
  using files = new OpensslFiles();
  const authority = files.authority("ODSC CLUSTER PROVISIONER", { key: "rsa:2048" });
  const { cert, key } = files.signed("DASK CLUSTER", authority, { key: "rsa:2048" });
  const [ca, certificate, its] = [authority.cert, cert, key].map((path) => readFileSync(path, "utf8"));
  return { ca: ca ?? "", cert: certificate ?? "", key: its ?? "" };
}

/** Puts them where an instance of the cloud, by its principal, may read them. */
export function putCertificates({ oci }: SimulatedStores, { ca, cert, key }: AdsCertificates): void {
  oci.putAuthority(CA_ID, { certificatePem: ca });
  oci.putCertificate(CERT_ID, { certificatePem: cert, certChainPem: ca, privateKeyPem: key });
}

/** The Certificates service for a user of the cloud, whose key must sign each request. */
export async function certificatesOfUser(
  { keys }: Pick<SimulatedOci, "keys">,
  { ca, cert, key }: AdsCertificates,
): Promise<WireServer> {
  const bundles: Readonly<Record<string, object>> = {
    [`/20210224/certificateAuthorityBundles/${CA_ID}`]: { certificatePem: ca },
    [`/20210224/certificateBundles/${CERT_ID}`]: { certificatePem: cert, certChainPem: ca, privateKeyPem: key },
  };
  return await WireServer.open(async (request): Promise<WireReply> => {
    const headers = { "content-type": "application/json" };
    try {
      checkSignature(request, keys, Date.now());
    } catch {
      return { status: 401, headers, body: '{"code":"NotAuthenticated"}' };
    }
    const bundle = bundles[request.url.pathname];
    return { status: bundle === undefined ? 404 : 200, headers, body: JSON.stringify(bundle ?? {}) };
  });
}
