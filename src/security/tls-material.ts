/** One role's TLS files as PEM texts. `key` is a secret: never log, print or put it on a command line. */
export interface TlsMaterial {
  /** All CA certificates. */
  readonly ca: string;
  /** The leaf, followed by its intermediates if there are any. */
  readonly cert: string;
  /** The private key, as PKCS#8. */
  readonly key: string;
}

export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** The client's settings to dial the scheduler and to verify it. */
export interface ClientTls {
  readonly material: TlsMaterial;
  readonly minVersion: TlsVersion;
  readonly maxVersion?: TlsVersion | undefined;
  /** OpenSSL cipher list for TLS 1.2. */
  readonly ciphers?: string | undefined;
  /** DNS name that the scheduler's certificate must have; absent for the caller's own certificates, whose names are not known. */
  readonly serverName?: string | undefined;
  /** SHA-256 fingerprint of the scheduler's certificate, as `X509Certificate.fingerprint256` spells it. */
  readonly fingerprint256: string;
  /** When each side's certificates expire, for messages. */
  readonly notAfter?: Readonly<Record<"scheduler" | "client", Date>> | undefined;
}

/** Holders of a certificate: the two kinds of machines, and the client. */
export type Role = "scheduler" | "worker" | "client";

/** The advice for certificates of a running cluster that have expired, or will. */
export const RENEWAL =
  "The certificates of a running cluster cannot be renewed: remove the cluster (`close()`, or `dask-fleet remove`) and start a new one.";
