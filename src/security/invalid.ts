import { DaskFleetError } from "../errors.ts";

/** The one kind of error that this folder throws. `message` must never hold text out of a key. */
export function invalid(message: string, cause?: unknown): DaskFleetError {
  return new DaskFleetError("SECURITY_INVALID", message, cause === undefined ? undefined : { cause });
}
