/**
 * A secret in a store, which the machine that needs it fetches through its own identity. Nothing in a reference is secret.
 */
export type SecretReference =
  | AwsSecret
  | AwsParameter
  | GcpSecret
  | AzureSecret
  | OciCertificate
  | OciAuthority
  | OciSecret
  | VaultSecret;

interface Field {
  /** A member of a secret that is a JSON object. Undefined: the whole secret. */
  readonly field?: string | undefined;
}

/** AWS Secrets Manager. */
export interface AwsSecret extends Field {
  readonly store: "aws-sm";
  /** Name or ARN. */
  readonly id: string;
  /** Default: that of the ARN, or the machine's own. */
  readonly region?: string | undefined;
  /** A version's id. Default: the current one. */
  readonly version?: string | undefined;
}

/** AWS Systems Manager's Parameter Store. */
export interface AwsParameter extends Field {
  readonly store: "aws-ssm";
  /** Name or ARN. */
  readonly id: string;
  /** Default: that of the ARN, or the machine's own. */
  readonly region?: string | undefined;
  /** A version's number. Default: the current one. */
  readonly version?: string | undefined;
}

/** Google's Secret Manager. */
export interface GcpSecret extends Field {
  readonly store: "gcp-sm";
  /** `projects/P/secrets/S/versions/V`. */
  readonly name: string;
}

/** Azure Key Vault. */
export interface AzureSecret extends Field {
  readonly store: "azure-kv";
  /** The vault's URL, such as `https://lab.vault.azure.net`. */
  readonly vault: string;
  readonly name: string;
  /** Default: the current one. */
  readonly version?: string | undefined;
}

/** A certificate of OCI's Certificates service, with its key. */
export interface OciCertificate {
  readonly store: "oci-cert";
  readonly ocid: string;
}

/** A certificate authority of OCI's Certificates service. */
export interface OciAuthority {
  readonly store: "oci-cert-authority";
  readonly ocid: string;
}

/** A secret of OCI's Vault. */
export interface OciSecret extends Field {
  readonly store: "oci-vault";
  readonly ocid: string;
}

/** A secret of HashiCorp's Vault. */
export interface VaultSecret extends Field {
  readonly store: "vault";
  /** The secret's URL, such as `https://vault.example.com:8200/v1/secret/data/dask`. */
  readonly url: string;
  /** How the machine logs in. */
  readonly auth: "aws" | "gcp" | "azure";
  /** The role of that login. */
  readonly role: string;
  /** Where the login is mounted. Default: as `auth`. */
  readonly mount?: string | undefined;
  readonly namespace?: string | undefined;
}
