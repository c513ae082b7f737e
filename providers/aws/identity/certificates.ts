import { X509Certificate } from "node:crypto";

import { Published } from "../../../src/cloud/identity/published.ts";

/** AWS publishes the certificates of its regions in its user guide, and nowhere else. */
const GUIDE = "/AWSEC2/latest/UserGuide/regions-certs.html";
/** Where a region's part of the guide begins: `id="us-east-1-cert"`, or `name` in its Markdown. */
const REGION = /\b(?:id|name)="([a-z0-9-]+)-cert"/g;
const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;
const LEAST_BITS = 2048;

/** The certificates that a document of this region may be signed with; undefined where the source names others, and not this one. */
export type CertificatesOf = (region: string) => readonly X509Certificate[] | undefined;

/** @param given the `identityCertificates` option. Undefined: AWS' user guide, China's for its regions */
export function awsCertificates(given: string | undefined, region: string): Published<CertificatesOf> {
  const guide = `https://docs.${region.startsWith("cn-") ? "amazonaws.cn" : "aws.amazon.com"}${GUIDE}`;
  return new Published(given ?? guide, (text) => certificatesIn(text.toString("latin1")));
}

/** Of a page with regions, each region's; of a file without, all are every region's. */
export function certificatesIn(text: string): CertificatesOf {
  const marks = [...text.matchAll(REGION)];
  if (marks.length === 0) {
    const all = certificates(text);
    return () => (all.length === 0 ? undefined : all);
  }
  return (region) => {
    const found = marks.flatMap(({ 1: name, index }, nth) =>
      name === region ? certificates(text.slice(index, marks[nth + 1]?.index)) : [],
    );
    return found.length === 0 ? undefined : found;
  };
}

/** Those of RSA keys that are long enough: each region has one, beside two of another time. */
function certificates(text: string): readonly X509Certificate[] {
  return [...text.matchAll(PEM)].flatMap(([, base64 = ""]) => strongOne(Buffer.from(base64, "base64")) ?? []);
}

function strongOne(der: Buffer): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der);
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
    const isStrong = asymmetricKeyType === "rsa" && (asymmetricKeyDetails?.modulusLength ?? 0) >= LEAST_BITS;
    return isStrong ? certificate : undefined;
  } catch {
    // One that nobody can read must not keep the others.
    return undefined;
  }
}
