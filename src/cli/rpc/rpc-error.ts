import { DaskFleetError, type Meaning, messageOf } from "../../errors.ts";
import type { Resource } from "../../index.ts";

/** Codes of the connection itself; all others are those of {@link DaskFleetError}. */
export type RpcCode = "PARSE_ERROR" | "METHOD_UNKNOWN" | "PARAMS_INVALID" | "CANCELLED" | "BUSY" | "INTERNAL";

/** The reason why a request has no result. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: RpcCode;

  constructor(code: RpcCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A failure that leaves a handle which can still be closed. */
export class OfCluster extends Error {
  override readonly name = "OfCluster";
  readonly cluster: string;

  constructor(cluster: string, cause: unknown) {
    super(messageOf(cause), { cause });
    this.cluster = cluster;
  }
}

/** The `error` of an answer. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly meaning: Meaning;
  readonly retryable: boolean;
  /** What an incomplete tear-down has left. */
  readonly left: readonly Resource[];
  /** The handle of a cluster that could not be rolled back completely. */
  readonly cluster?: string | undefined;
}

const RETRYABLE: ReadonlySet<Meaning> = new Set(["transient", "throttled", "capacity"]);
const MEANINGS: Partial<Readonly<Record<RpcCode, Meaning>>> = {
  PARSE_ERROR: "configuration",
  METHOD_UNKNOWN: "configuration",
  PARAMS_INVALID: "configuration",
  BUSY: "throttled",
};

/** What a client learns of a failure. Messages are printable. */
export function wireError(thrown: unknown): WireError {
  const [error, cluster] = thrown instanceof OfCluster ? [thrown.cause, thrown.cluster] : [thrown, undefined];
  const [code, meaning] = codeOf(error);
  const left = isIncomplete(error) ? error.left : [];
  return { code, message: messageOf(error), meaning, retryable: RETRYABLE.has(meaning), left, cluster };
}

function codeOf(error: unknown): readonly [string, Meaning] {
  if (error instanceof RpcError) return [error.code, MEANINGS[error.code] ?? "unknown"];
  if (error instanceof DaskFleetError) return [error.code, error.meaning];
  return ["INTERNAL", "unknown"];
}

/** Whether a failure has left something, or may have: `left` is empty where that is unknown. */
export function isIncomplete(error: unknown): error is DaskFleetError & { readonly left: readonly Resource[] } {
  return error instanceof DaskFleetError && "left" in error && Array.isArray(error.left);
}
