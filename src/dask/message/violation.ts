import { DaskFleetError } from "../../errors.ts";

/** The error for data that violates Dask's protocol or our limits. */
export function violation(what: string, cause?: unknown): DaskFleetError {
  return new DaskFleetError("PROTOCOL_VIOLATION", what, cause === undefined ? {} : { cause });
}
