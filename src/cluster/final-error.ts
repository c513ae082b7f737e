import { DaskFleetError, type ErrorCode } from "../errors.ts";

const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "CONFIG_INVALID",
  "SECURITY_INVALID",
  "USER_DATA_TOO_LARGE",
  "SDK_MISSING",
  "AUTH_FAILED",
  "PYTHON_UNSUITABLE",
]);

/** Whether trying again cannot help. */
export function isFinal(error: unknown): boolean {
  return error instanceof DaskFleetError && FINAL.has(error.code);
}
