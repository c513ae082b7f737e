import { X509Certificate } from "node:crypto";

import { invalid } from "../invalid.ts";
import type { PemSource } from "./pem-source.ts";

export interface PemBlock {
  readonly label: string;
  readonly body: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;

/** Header lines such as `Proc-Type: 4,ENCRYPTED` end with an empty line; the rest must be base64. */
const HEADERS = /^\s*(?:[\w-]+:.*(?:\r?\n|$)(?:[ \t].*(?:\r?\n|$))*)+/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

const CERTIFICATE_LABELS: ReadonlySet<string> = new Set(["CERTIFICATE", "X509 CERTIFICATE"]);

/** The PEM blocks of a text, in order. Text around them, as of `openssl x509 -text`, is ignored. */
export function pemBlocks(source: PemSource): readonly PemBlock[] {
  const blocks = [...source.text.matchAll(BLOCK)].map(([, label = "", body = ""]) => ({ label, body }));
  if (blocks.length === 0) throw invalid(`${source.title} is not PEM: ${whyNotPem(source.text)}`);
  for (const { body } of blocks) {
    if (!BASE64.test(body.replace(HEADERS, "").replaceAll(/\s/g, ""))) {
      throw invalid(
        `${source.title} is not PEM: the text between BEGIN and END is not base64. ` +
          "Line breaks must be real ones, not the two characters \\n.",
      );
    }
  }
  return blocks;
}

function whyNotPem(text: string): string {
  if (text.trim() === "") return "it is empty.";
  if (text.startsWith("0")) {
    return 'it looks like DER. Convert it with "openssl x509 -inform der -in … -out …" (a key: "openssl pkey").';
  }
  return "it has no complete block from -----BEGIN …----- to -----END …-----.";
}

/** A certificate's DER as PEM, as OpenSSL writes it. */
export function certificatePem(der: Buffer): string {
  return pemText("CERTIFICATE", der);
}

/** PEM with lines of 64 characters (RFC 7468, section 2). */
export function pemText(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/gu) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/** Every certificate of a PEM text, in order; at least one. */
export function certificatesIn(source: PemSource): readonly X509Certificate[] {
  const blocks = pemBlocks(source);
  const certificates = blocks.filter(({ label }) => CERTIFICATE_LABELS.has(label));
  if (certificates.length === 0) {
    const found = [...new Set(blocks.map(({ label }) => label))].join(", ");
    throw invalid(`${source.title} has no certificate: it holds ${found}.`);
  }
  return certificates.map(({ body }, index) => {
    try {
      return new X509Certificate(Buffer.from(body, "base64"));
    } catch (error) {
      throw invalid(`${source.title}: certificate number ${index + 1} in it cannot be read as X.509.`, error);
    }
  });
}
