import type { CloudFailure, ErrorEntry } from "../../../src/cloud/errors/error-table.ts";

/** A failed call of OCI's API, or a machine that came to nothing. */
export interface OciFailure extends CloudFailure {
  readonly region: string;
  readonly compartmentId: string;
  /** Undefined: OCI's own. */
  readonly endpoint: string | undefined;
}

export type OciEntry = ErrorEntry<OciFailure>;

/** The URL that is called. */
export function urlOf({ endpoint, region }: Pick<OciFailure, "endpoint" | "region">): string {
  return endpoint ?? `https://iaas.${region}.oraclecloud.com`;
}

/** Where limits are seen and raised. */
export function limitsPage({ region }: Pick<OciFailure, "region">): string {
  return `https://cloud.oracle.com/limits?region=${region}`;
}
