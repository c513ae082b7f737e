/**
 * The fields of Python's `distributed.Security`, in camelCase.
 *
 * Each file option is a path or the PEM text itself (whatever contains `-----BEGIN`). A certificate's key may stand in the same
 * PEM, as in Python; the key option is then left out. A role without a certificate of its own uses the client's pair.
 */
export interface SecurityOptions {
  /** The CA certificates that every peer must lead to. Required. */
  readonly tlsCaFile?: string | undefined;
  /** The client's certificate, then its intermediates if there are any; also for every role that has none of its own. */
  readonly tlsClientCert?: string | undefined;
  /** @default the key in `tlsClientCert` */
  readonly tlsClientKey?: string | undefined;
  /** @default `tlsClientCert`, with its key */
  readonly tlsSchedulerCert?: string | undefined;
  /** @default the key in `tlsSchedulerCert` */
  readonly tlsSchedulerKey?: string | undefined;
  /** @default `tlsClientCert`, with its key */
  readonly tlsWorkerCert?: string | undefined;
  /** @default the key in `tlsWorkerCert` */
  readonly tlsWorkerKey?: string | undefined;
  /** OpenSSL cipher list for TLS 1.2 (TLS 1.3 has its own). @default OpenSSL's */
  readonly tlsCiphers?: string | undefined;
  /** @default "1.2" */
  readonly tlsMinVersion?: TlsVersionOption | undefined;
  /** @default the newest that both peers know */
  readonly tlsMaxVersion?: TlsVersionOption | undefined;
  /** Whether Dask refuses every unencrypted connection (`distributed.comm.require-encryption`). @default true */
  readonly requireEncryption?: boolean | undefined;
  /**
   * Python's extra keyword arguments for a client's connections. Dask uses them for websockets (`ws://`, `wss://`) alone, and
   * dask-fleet starts no such cluster: they are kept for whoever asks for them, and sent nowhere.
   */
  readonly extraConnArgs?: Readonly<Record<string, unknown>> | undefined;
}

/** A string, or a number as Dask's configuration files and Python users write it. */
type TlsVersionOption = "1.2" | "1.3" | 1.2 | 1.3;

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
  "extraConnArgs",
];
