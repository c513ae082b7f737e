import { createPrivateKey, type KeyObject } from "node:crypto";

import { invalid } from "../invalid.ts";
import type { PemSource } from "./pem-source.ts";
import { pemBlocks } from "./pem.ts";

const WEAKEST_RSA_BITS = 2048;
const KEY_TYPES: ReadonlySet<string> = new Set(["rsa", "rsa-pss", "ec", "ed25519", "ed448"]);

/** The curves that TLS 1.3 can sign with (RFC 8446, section 4.2.3). */
const TLS_CURVES: ReadonlySet<string> = new Set(["prime256v1", "secp384r1", "secp521r1"]);

/** The first private key of a PEM text (PKCS#8, PKCS#1 or SEC1); undefined without one. */
export function privateKeyIn(source: PemSource): KeyObject | undefined {
  const block = pemBlocks(source).find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block === undefined) return undefined;
  if (block.label === "ENCRYPTED PRIVATE KEY" || block.body.includes("ENCRYPTED")) {
    throw invalid(
      `${source.title}: its private key is encrypted, and machines cannot ask for the passphrase. ` +
        'Decrypt it with "openssl pkey -in … -out …".',
    );
  }
  try {
    return createPrivateKey(`-----BEGIN ${block.label}-----${block.body}-----END ${block.label}-----\n`);
  } catch {
    // OpenSSL's own error is dropped: it has seen the key.
    throw invalid(`${source.title}: its private key cannot be read.`);
  }
}

/** Why a key is unusable for Dask's TLS, in words that follow "its key"; undefined if it is usable. */
export function keyWeakness(key: KeyObject): string | undefined {
  const type = key.asymmetricKeyType ?? "unknown";
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (!KEY_TYPES.has(type)) return `is of type ${type}: use EC (P-256), RSA or Ed25519`;
  if (modulusLength !== undefined && modulusLength < WEAKEST_RSA_BITS) {
    return `has ${modulusLength} bits: OpenSSL refuses RSA below ${WEAKEST_RSA_BITS}`;
  }
  if (type === "ec" && !TLS_CURVES.has(namedCurve ?? "")) {
    return `is on the curve ${namedCurve ?? "given by parameters"}, which TLS 1.3 does not know: use P-256`;
  }
  return undefined;
}

/** PKCS#8, which Node and Python's ssl both read. */
export function keyText(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
