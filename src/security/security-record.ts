import { invalid } from "./invalid.ts";
import { isRecord, type ParsedOptions } from "./parse-options.ts";
import type { FileOption, SecurityOptions } from "./security-options.ts";
import type { Role, TlsMaterial } from "./tls-material.ts";

/**
 * A Security as JSON, keys included: it may only be written into a file of mode 0600.
 *
 * @internal
 */
export interface SecurityRecord {
  readonly version: 1;
  /** Every file option as PEM text, or as a reference to a secret. */
  readonly options: SecurityOptions;
  /** The id in the names of temporary certificates. */
  readonly id?: string | undefined;
}

const ID = /^[0-9a-f]{1,32}$/;

export function recordOf(
  options: ParsedOptions,
  id: string | undefined,
  files: Readonly<Partial<Record<FileOption, string>>> | ((role: Role) => TlsMaterial),
): SecurityRecord {
  return {
    version: 1,
    ...(id !== undefined && { id }),
    options: {
      ...(typeof files === "function" ? filesOf(files) : files),
      tlsMinVersion: options.minVersion === "TLSv1.3" ? "1.3" : "1.2",
      ...(options.maxVersion !== undefined && { tlsMaxVersion: options.maxVersion === "TLSv1.3" ? "1.3" : "1.2" }),
      ...(options.ciphers !== undefined && { tlsCiphers: options.ciphers }),
      requireEncryption: options.requireEncryption,
      extraConnArgs: options.extraConnArgs,
      ...(options.locations !== undefined && { locations: options.locations }),
    },
  };
}

function filesOf(materialFor: (role: Role) => TlsMaterial): Readonly<Record<FileOption, string>> {
  const [scheduler, worker, client] = [materialFor("scheduler"), materialFor("worker"), materialFor("client")];
  return {
    tlsCaFile: client.ca,
    tlsClientCert: client.cert,
    tlsClientKey: client.key,
    tlsSchedulerCert: scheduler.cert,
    tlsSchedulerKey: scheduler.key,
    tlsWorkerCert: worker.cert,
    tlsWorkerKey: worker.key,
  };
}

/** The envelope of a record; its options are checked like any others. */
export function readRecord(record: unknown): { readonly options: SecurityOptions; readonly id: string | undefined } {
  if (!isRecord(record) || record["version"] !== 1 || !isRecord(record["options"])) {
    throw invalid("The cluster's record of its certificates is damaged, or written by another version of dask-fleet.");
  }
  const id = record["id"];
  if (id !== undefined && !(typeof id === "string" && ID.test(id))) {
    throw invalid("The cluster's record of its certificates is damaged: its id is not hexadecimal.");
  }
  return { options: record["options"], id };
}
