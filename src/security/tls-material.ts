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

/** What our own client needs to dial the scheduler, and to know that it is the scheduler. */
export interface ClientTls {
  readonly material: TlsMaterial;
  readonly minVersion: TlsVersion;
  readonly maxVersion?: TlsVersion | undefined;
  /** OpenSSL cipher list for TLS 1.2. */
  readonly ciphers?: string | undefined;
  /** DNS name that must stand in the scheduler's certificate; absent when the caller's own certificates carry none we know. */
  readonly serverName?: string | undefined;
  /** SHA-256 fingerprint of the scheduler's certificate, as `X509Certificate.fingerprint256` spells it. */
  readonly fingerprint256: string;
  /** When each side's certificates expire, for messages. */
  readonly notAfter?: Readonly<Record<"scheduler" | "client", Date>> | undefined;
}

/** Who holds a certificate of its own: the two kinds of machine, and the one who uses the cluster. */
export type Role = "scheduler" | "worker" | "client";

/** What to do about a running cluster's certificates that have expired, or will. */
export const RENEWAL =
  "The certificates of a running cluster cannot be renewed: remove the cluster (`close()`, or `dask-fleet remove`) and start a new one.";
