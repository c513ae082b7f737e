import type { SecretReference } from "./secret-reference.ts";

/** A cloud whose identities stores of secrets know. */
export type IdentityCloud = "aws" | "gcp" | "azure" | "oci";

const CLOUDS = {
  "aws-sm": "aws",
  "aws-ssm": "aws",
  "gcp-sm": "gcp",
  "azure-kv": "azure",
  "oci-cert": "oci",
  "oci-cert-authority": "oci",
  "oci-vault": "oci",
} as const;

/** The cloud whose identity a machine needs for a secret: of HashiCorp's Vault, that of the login. */
export function identityCloudOf(reference: SecretReference): IdentityCloud {
  return reference.store === "vault" ? reference.auth : CLOUDS[reference.store];
}
