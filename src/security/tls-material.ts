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
  /**
   * The hash of the scheduler's public key (`publicKeyHash`): a renewed certificate has the same. Absent where the scheduler fetches its
   * certificate from a store: then any certificate of the CA does, or one with `serverName`.
   */
  readonly schedulerKey256?: string | undefined;
  /** When each side's certificates expire, for messages. */
  readonly notAfter?: Readonly<Partial<Record<"scheduler" | "client", Date>>> | undefined;
}

/** The client's settings, or what gives them anew for each connection: certificates are renewed. */
export type TlsSource = ClientTls | (() => ClientTls);

export function tlsOf(source: TlsSource | undefined): ClientTls | undefined {
  return typeof source === "function" ? source() : source;
}

/** Holders of a certificate: the two kinds of machines, and the client. */
export type Role = "scheduler" | "worker" | "client";

/** Each role's certificate, as PEM: a leaf, followed by its intermediates if there are any. Nothing in it is secret. */
export interface Certificates {
  readonly scheduler: string;
  /** Undefined where each worker's machine has its own. */
  readonly worker: string | undefined;
  readonly client: string;
}

/** The advice for certificates of a running cluster that have expired, or will. */
export const RENEWAL =
  "Only a launcher that has the CA's key renews a cluster's certificates, and never your own: remove the cluster (`close()`, or `dask-fleet remove`) and start a new one.";
