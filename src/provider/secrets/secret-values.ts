/** Where a secret is, instead of its value: `{ from: "gcp-sm:projects/lab/secrets/token" }`. Machines fetch it through their own identity. */
export interface SecretSource {
  /** A reference to a secret of a store. */
  readonly from: string;
}

/** A value, or where it is. */
export type SecretValue = string | SecretSource;

/** How to log in to a registry of images. */
export interface RegistryOptions {
  /** The user's name. */
  readonly username: string;
  /** The password or token, which is then in the user data, or where it is. */
  readonly password: SecretValue;
}
