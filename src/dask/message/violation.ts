import { DaskFleetError } from "../../errors.ts";

/** What the other side sent does not fit Dask's protocol, or our limits. */
export function violation(what: string, cause?: unknown): DaskFleetError {
  return new DaskFleetError("PROTOCOL_VIOLATION", what, cause === undefined ? {} : { cause });
}
