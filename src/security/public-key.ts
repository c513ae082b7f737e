import { createHash, type X509Certificate } from "node:crypto";

/**
 * SHA-256 of a certificate's public key (SubjectPublicKeyInfo), in base64, as curl's `--pinnedpubkey` and RFC 7469 write it. A renewed
 * certificate for the same key has the same.
 */
export function publicKeyHash({ publicKey }: Pick<X509Certificate, "publicKey">): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
}
