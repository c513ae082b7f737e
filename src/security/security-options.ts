import type { TlsLocations } from "./references/locations.ts";

/**
 * The fields of Python's `distributed.Security`, in camelCase.
 *
 * Each file option is a path, the PEM text itself (whatever contains `-----BEGIN`), or a reference to a secret such as
 * `gcp-sm:projects/lab/secrets/dask-key`, which the machines fetch through their own identity. A certificate's key may be in the same
 * PEM, as in Python; then omit the key option. A role without a certificate of its own uses the client's pair.
 */
export interface SecurityOptions {
  /**
   * The CA certificates that every peer must lead to. `"system"`: those above the certificates among the CAs that this computer trusts,
   * such as a company's own. Required.
   */
  readonly tlsCaFile?: string | undefined;
  /** The client's certificate, then its intermediates if there are any; also for every role without its own. */
  readonly tlsClientCert?: string | undefined;
  /** The client's private key. Default: the key in `tlsClientCert`. */
  readonly tlsClientKey?: string | undefined;
  /** The scheduler's certificate, then its intermediates. Default: `tlsClientCert`, with its key. */
  readonly tlsSchedulerCert?: string | undefined;
  /** The scheduler's private key. Default: the key in `tlsSchedulerCert`. */
  readonly tlsSchedulerKey?: string | undefined;
  /** The workers' certificate, then its intermediates. Default: `tlsClientCert`, with its key. */
  readonly tlsWorkerCert?: string | undefined;
  /** The workers' private key. Default: the key in `tlsWorkerCert`. */
  readonly tlsWorkerKey?: string | undefined;
  /** OpenSSL cipher list for TLS 1.2 (TLS 1.3 has its own). Default: OpenSSL's. */
  readonly tlsCiphers?: string | undefined;
  /** The oldest accepted version of TLS. Default: `"1.2"`. */
  readonly tlsMinVersion?: TlsVersionOption | undefined;
  /** The newest accepted version of TLS. Default: the newest that both peers know. */
  readonly tlsMaxVersion?: TlsVersionOption | undefined;
  /** Whether Dask refuses every unencrypted connection (`distributed.comm.require-encryption`). Default: true. */
  readonly requireEncryption?: boolean | undefined;
  /**
   * Whether `tlsCaFile` may be a CA that signs for the owner of any name, such as Let's Encrypt. Every holder of a certificate of the CA
   * can run code on the cluster: then only the network protects it, as with `security: false`. Default: false.
   */
  readonly allowPublicCa?: boolean | undefined;
  /**
   * A DNS name that the scheduler's certificate must have. It is sent to the scheduler when dask-fleet connects (SNI), and compared.
   * Python's Dask compares no names. Default: no name is compared; the scheduler is known by its key.
   */
  readonly serverName?: string | undefined;
  /**
   * Python's extra keyword arguments for a client's connections. Dask uses them for websockets (`ws://`, `wss://`) alone, and
   * dask-fleet starts no such cluster: they are kept, and sent nowhere. Default: none.
   */
  readonly extraConnArgs?: Readonly<Record<string, unknown>> | undefined;
  /** Where on the machines their files are wanted besides, as absolute paths. Default: nowhere. */
  readonly locations?: TlsLocations | undefined;
}

/** A version of TLS: a string, or a number as Dask's configuration files and Python users write it. */
export type TlsVersionOption = "1.2" | "1.3" | 1.2 | 1.3;

export type FileOption =
  | "tlsCaFile"
  | "tlsClientCert"
  | "tlsClientKey"
  | "tlsSchedulerCert"
  | "tlsSchedulerKey"
  | "tlsWorkerCert"
  | "tlsWorkerKey";

export const FILE_OPTIONS: readonly FileOption[] = [
  "tlsCaFile",
  "tlsClientCert",
  "tlsClientKey",
  "tlsSchedulerCert",
  "tlsSchedulerKey",
  "tlsWorkerCert",
  "tlsWorkerKey",
];

export const OPTION_NAMES: readonly (keyof SecurityOptions)[] = [
  ...FILE_OPTIONS,
  "tlsCiphers",
  "tlsMinVersion",
  "tlsMaxVersion",
  "requireEncryption",
  "allowPublicCa",
  "serverName",
  "extraConnArgs",
  "locations",
];
