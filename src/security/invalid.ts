import { DaskFleetError } from "../errors.ts";

/** The only kind of error of this folder. `message` must never contain text of a key. */
export function invalid(message: string, cause?: unknown): DaskFleetError {
  return new DaskFleetError("SECURITY_INVALID", message, cause === undefined ? undefined : { cause });
}
