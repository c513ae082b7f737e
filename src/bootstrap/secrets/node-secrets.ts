import type { SecretReference } from "../../security/references/secret-reference.ts";

/** What a machine fetches from stores through its own identity at each start of its node, besides its TLS files. */
export interface NodeSecrets {
  /** Environment variables of Dask whose values are secrets, by name. They arrive byte for byte. */
  readonly envVars?: Readonly<Record<string, SecretReference>> | undefined;
  /** Logins before the image is pulled, by registry (`ghcr.io`). Only for the runtime `docker`. */
  readonly registries?: Readonly<Record<string, RegistryLogin>> | undefined;
  /** CA certificates that servers of HashiCorp's Vault may be signed by besides the machine's own, as PEM. Default: none. */
  readonly vaultCa?: string | undefined;
}

/** What `docker login` is told. */
export interface RegistryLogin {
  readonly username: string;
  /** The password itself, which is then in the user data, or where it is. */
  readonly password: string | SecretReference;
}
