import type { Observation } from "../provider/checkup.ts";
import type { SecretReference } from "../security/references/secret-reference.ts";
import type { SecretUse } from "../security/references/uses.ts";

/** A store of secrets, asked with this computer's own credentials. */
export interface SecretStore<Reference extends SecretReference> {
  /**
   * The text of a secret: of a bundle the part that its use wants, of a JSON object the whole.
   *
   * @throws DaskFleetError what the store refused, in words; never with a part of an answer that was meant to be the secret
   */
  read(reference: Reference, use: SecretUse, signal: AbortSignal): Promise<string>;
  /** Whether the secret is there and enabled, asked without its value. `unknown` where the store cannot tell that. */
  look(reference: Reference, signal: AbortSignal): Promise<Observation>;
}
