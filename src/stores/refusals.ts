import { DaskFleetError, type ErrorCode, type Meaning } from "../errors.ts";
import { referenceText } from "../security/references/reference-text.ts";
import type { SecretReference } from "../security/references/secret-reference.ts";
import type { Store } from "../security/references/stores.ts";
import { printableLine } from "../text/printable.ts";

/** What a store's refusal means. */
export type Refused = "credentials" | "permission" | "gone" | "disabled" | "failed";

/** What an identity needs to read a secret of a store. */
export const PERMISSIONS: Readonly<Record<Store, string>> = {
  "aws-sm": "secretsmanager:GetSecretValue on it (and kms:Decrypt, where its key is your own)",
  "aws-ssm": "ssm:GetParameter on it (and kms:Decrypt, where its key is your own)",
  "gcp-sm": "the role Secret Manager Secret Accessor (roles/secretmanager.secretAccessor) on it",
  "azure-kv": "the role Key Vault Secrets User on it, or the access policy Get for secrets",
  "oci-cert": "the policy `to read leaf-certificate-bundles`",
  "oci-cert-authority": "the policy `to read certificate-authority-bundles`",
  "oci-vault": "the policy `to read secret-bundles`",
  vault: "a policy with the capability read on its path",
};

const CODES: Readonly<Record<Refused, readonly [code: ErrorCode, meaning: Meaning]>> = {
  credentials: ["AUTH_FAILED", "credentials"],
  permission: ["AUTH_FAILED", "permission"],
  gone: ["CONFIG_INVALID", "gone"],
  disabled: ["CONFIG_INVALID", "configuration"],
  failed: ["PROVIDER_FAILED", "unknown"],
};

/**
 * A store's refusal in words.
 *
 * @param said the store's own words. Foreign text
 */
export function refusal(reference: SecretReference, refused: Refused, said = ""): DaskFleetError {
  const [code, meaning] = CODES[refused];
  const words = printableLine(said, 200);
  const quoted = words === "" ? "" : ` (${words})`;
  return new DaskFleetError(code, sentenceOf(refused, reference, quoted), { meaning });
}

function sentenceOf(refused: Refused, reference: SecretReference, quoted: string): string {
  const text = referenceText(reference);
  switch (refused) {
    case "credentials":
      return `The store of ${text} refused this computer's credentials${quoted}.`;
    case "permission":
      return `This computer's identity may not read ${text}${quoted}. It needs ${PERMISSIONS[reference.store]}.`;
    case "gone":
      return `There is no secret ${text}${quoted}. Check its name, place and version.`;
    case "disabled":
      return `The secret ${text} is disabled or deleted${quoted}.`;
    case "failed":
    default:
      return `The secret ${text} could not be read${quoted}.`;
  }
}

/** The refusal of an HTTP status. */
export function refusedBy(status: number): Refused {
  if (status === 401) return "credentials";
  if (status === 403) return "permission";
  return status === 404 ? "gone" : "failed";
}

/** An answer that is none of the store's, of which nothing is quoted: it may be the secret in another form. */
export function notUnderstood(reference: SecretReference): DaskFleetError {
  const message = `The answer about ${referenceText(reference)} did not come from its store. Check proxy and endpoint.`;
  return new DaskFleetError("PROVIDER_FAILED", message);
}

/** The lack of credentials on this computer. */
export function noCredentials(reference: SecretReference, how: string, cause?: unknown): DaskFleetError {
  const message = `This computer has no credentials for ${referenceText(reference)}: ${how}.`;
  return new DaskFleetError("AUTH_FAILED", message, { cause });
}
