import { createHash, type KeyObject, type X509Certificate } from "node:crypto";

/** A public key as DER (SubjectPublicKeyInfo). */
export function spkiOf(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

/**
 * SHA-256 of a certificate's public key (SubjectPublicKeyInfo), in base64, as curl's `--pinnedpubkey` and RFC 7469 write it. A renewed
 * certificate for the same key has the same.
 */
export function publicKeyHash({ publicKey }: Pick<X509Certificate, "publicKey">): string {
  return createHash("sha256").update(spkiOf(publicKey)).digest("base64");
}
