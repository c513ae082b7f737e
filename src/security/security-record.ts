import { z } from "zod";

import { invalid } from "./invalid.ts";
import type { ParsedOptions } from "./parse-options.ts";
import type { FileOption, SecurityOptions } from "./security-options.ts";
import { Authority } from "./temporary/authority.ts";
import { TemporaryKeys, type TemporaryRecord } from "./temporary/temporary-keys.ts";
import type { Role, TlsMaterial } from "./tls-material.ts";

/**
 * A Security as JSON, keys included: it may only be written into a file of mode 0600. Version 2 is that of a cluster whose machines join:
 * older releases would take the client's certificate for the scheduler's.
 *
 * @internal
 */
export interface SecurityRecord extends Partial<TemporaryRecord> {
  readonly version: 1 | 2;
  /** Every file option as PEM text, or as a reference to a secret. */
  readonly options: SecurityOptions;
}

const pem = z.string().min(1);

const partsSchema = z.object({
  version: z.union([z.literal(1), z.literal(2)]),
  options: z.looseObject({ tlsCaFile: z.unknown() }),
  /** In the names of temporary certificates. */
  id: z
    .string()
    .regex(/^[0-9a-f]{1,32}$/u)
    .optional(),
  delivery: z.enum(["join", "user-data"]).optional(),
  scheduler: pem.optional(),
  authority: z.object({ key: pem, organization: z.string().optional(), validForMs: z.number().positive() }).optional(),
});

const recordSchema = partsSchema.refine(({ version, delivery }) => (version === 2) === (delivery === "join"));

export function recordOf(
  options: ParsedOptions,
  temporary: TemporaryRecord | undefined,
  files: Readonly<Partial<Record<FileOption, string>>> | ((role: Role) => TlsMaterial),
): SecurityRecord {
  const isJoined = temporary?.delivery === "join";
  return {
    version: isJoined ? 2 : 1,
    ...temporary,
    options: {
      ...(typeof files === "function"
        ? pairsOf(isJoined ? ["client"] : ["scheduler", "worker", "client"], files)
        : files),
      tlsMinVersion: options.minVersion === "TLSv1.3" ? "1.3" : "1.2",
      ...(options.maxVersion !== undefined && { tlsMaxVersion: options.maxVersion === "TLSv1.3" ? "1.3" : "1.2" }),
      ...(options.ciphers !== undefined && { tlsCiphers: options.ciphers }),
      requireEncryption: options.requireEncryption,
      ...(options.allowPublicCa && { allowPublicCa: true }),
      ...(options.serverName !== undefined && { serverName: options.serverName }),
      extraConnArgs: options.extraConnArgs,
      ...(options.locations !== undefined && { locations: options.locations }),
    },
  };
}

function pairsOf(roles: readonly Role[], materialFor: (role: Role) => TlsMaterial): SecurityOptions {
  const [scheduler, worker, client] = (["scheduler", "worker", "client"] as const).map((role) =>
    roles.includes(role) ? materialFor(role) : undefined,
  );
  return {
    tlsCaFile: client?.ca,
    tlsClientCert: client?.cert,
    tlsClientKey: client?.key,
    ...(scheduler !== undefined && { tlsSchedulerCert: scheduler.cert, tlsSchedulerKey: scheduler.key }),
    ...(worker !== undefined && { tlsWorkerCert: worker.cert, tlsWorkerKey: worker.key }),
  };
}

/** The envelope of a record; its options are checked like any others. */
export function readRecord(record: unknown): {
  readonly options: SecurityOptions;
  readonly temporary: TemporaryKeys | undefined;
} {
  const parsed = recordSchema.safeParse(record);
  if (!parsed.success) {
    const isId = parsed.error.issues.every(({ path }) => path[0] === "id");
    throw invalid(
      isId
        ? "The cluster's record of its certificates is damaged: its id is not hexadecimal."
        : "The cluster's record of its certificates is damaged, or written by another version of dask-fleet.",
    );
  }
  const { options, id, delivery, scheduler, authority: kept } = parsed.data;
  if (id === undefined) return { options: options as SecurityOptions, temporary: undefined };
  const issuer = { id, certificate: String(options.tlsCaFile) };
  const authority = kept === undefined ? undefined : Authority.fromRecord(kept, issuer);
  const place = authority === undefined ? undefined : "record";
  const now = new Date();
  return {
    options: options as SecurityOptions,
    temporary: new TemporaryKeys({ authority, issuer, now, delivery, place, scheduler }),
  };
}
