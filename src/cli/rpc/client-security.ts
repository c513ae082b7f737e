import type { ClusterManager } from "../../index.ts";

const PREFIX = "DASK_DISTRIBUTED__COMM__";

/** Fields of Python's `distributed.Security`, and the variables of a client that say the same. */
const FIELDS = {
  require_encryption: "REQUIRE_ENCRYPTION",
  tls_ca_file: "TLS__CA_FILE",
  tls_client_cert: "TLS__CLIENT__CERT",
  tls_client_key: "TLS__CLIENT__KEY",
  tls_ciphers: "TLS__CIPHERS",
  tls_min_version: "TLS__MIN_VERSION",
  tls_max_version: "TLS__MAX_VERSION",
} as const;

/** What a Python client needs to be admitted: files by path, so that no key is in a line. `null` without TLS. */
export function clientSecurity(cluster: ClusterManager): Readonly<Record<string, unknown>> | null {
  const variables = cluster.clientEnv();
  const values = Object.entries(FIELDS).map(([field, name]) => [field, variables[PREFIX + name]] as const);
  const { require_encryption: required, ...texts } = Object.fromEntries(values);
  if (texts["tls_ca_file"] === undefined || texts["tls_ca_file"] === "None") return null;
  const given = Object.entries(texts).filter(([, text]) => text !== undefined && text !== "None");
  return { require_encryption: required === "True", ...Object.fromEntries(given) };
}
