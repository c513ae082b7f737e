/**
 * Every code a {@link DaskFleetError} can carry. Codes are stable: match on `error.code`, not on the message.
 */
export type ErrorCode =
  | "CONFIG_INVALID"
  | "SECURITY_INVALID"
  | "USER_DATA_TOO_LARGE"
  | "SDK_MISSING"
  | "AUTH_FAILED"
  | "QUOTA_EXCEEDED"
  | "CAPACITY_UNAVAILABLE"
  | "MACHINE_CREATE_FAILED"
  | "PROVIDER_FAILED"
  | "PYTHON_UNSUITABLE"
  | "START_FAILED"
  | "TIMEOUT"
  | "SCHEDULER_UNREACHABLE"
  | "SCHEDULER_REFUSED"
  | "PROTOCOL_VIOLATION"
  | "REMOTE_ERROR"
  | "CLUSTER_NOT_FOUND"
  | "WRONG_STATE"
  | "CLOSED"
  | "TEARDOWN_INCOMPLETE";

/**
 * The root of all errors that dask-fleet throws on purpose. An abort is not one of them: it rethrows the signal's reason.
 */
export class DaskFleetError extends Error {
  override readonly name: string = "DaskFleetError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
