import type { TlsFile } from "../node-tls.ts";
import type { SecretReference } from "./secret-reference.ts";

/** What a secret is for: a file of a certificate, or a value as it stands. It says which part of a bundle is wanted. */
export type SecretUse = TlsFile | "value";

const IN_WORDS: Readonly<Record<SecretUse, string>> = {
  ca: "a CA's certificates",
  cert: "a certificate",
  key: "a private key",
  value: "a value",
};

/** Why a store does not have what is wanted, in words that follow its name; undefined where it may. */
export function whyUnfit({ store }: SecretReference, use: SecretUse): string | undefined {
  if (store === "oci-cert-authority" && use !== "ca") return `has a CA's certificates, not ${IN_WORDS[use]}`;
  if (store === "oci-cert" && (use === "ca" || use === "value")) {
    return `has a certificate with its key, not ${IN_WORDS[use]}${use === "ca" ? " (those are in oci-cert-authority:)" : ""}`;
  }
  return undefined;
}
