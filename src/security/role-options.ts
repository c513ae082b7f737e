import { invalid } from "./invalid.ts";
import type { FileOption } from "./security-options.ts";
import type { Role } from "./tls-material.ts";

/** The options of one role's certificate and key. Without `key`, the key is in the certificate's PEM. */
export interface RoleOptions {
  readonly cert: FileOption;
  readonly key: FileOption | undefined;
}

export const ROLES: readonly Role[] = ["scheduler", "worker", "client"];

/** Each role's own options. */
export const OWN: Readonly<Record<Role, { readonly cert: FileOption; readonly key: FileOption }>> = {
  scheduler: { cert: "tlsSchedulerCert", key: "tlsSchedulerKey" },
  worker: { cert: "tlsWorkerCert", key: "tlsWorkerKey" },
  client: { cert: "tlsClientCert", key: "tlsClientKey" },
};

/**
 * Finds every role's options, with the client's pair for a role that has none: dask-cloudprovider's own example gives only that
 * pair. Python's Dask would start such a scheduler without TLS and fail later.
 */
export function resolveRoles(given: ReadonlyMap<FileOption, unknown>): Readonly<Record<Role, RoleOptions>> {
  if (!given.has("tlsCaFile")) {
    throw invalid("The `tlsCaFile` option is missing: it holds the CA that the certificates are signed by.");
  }
  return { scheduler: resolve("scheduler", given), worker: resolve("worker", given), client: resolve("client", given) };
}

function resolve(role: Role, given: ReadonlyMap<FileOption, unknown>): RoleOptions {
  const own = OWN[role];
  if (given.has(own.cert)) return { cert: own.cert, key: given.has(own.key) ? own.key : undefined };
  if (given.has(own.key)) {
    throw invalid(`The \`${own.cert}\` option is missing: \`${own.key}\` is given without a certificate.`);
  }
  if (role !== "client" && given.has(OWN.client.cert)) return resolve("client", given);
  const orClient = role === "client" ? "" : ", or `tlsClientCert` for every role";
  throw invalid(`The \`${own.cert}\` option is missing: the ${role} needs a certificate of its own${orClient}.`);
}
