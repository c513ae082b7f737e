import { DaskFleetError } from "../errors.ts";

export function isUnreachable(error: unknown): boolean {
  return error instanceof DaskFleetError && error.code === "SCHEDULER_UNREACHABLE";
}

/** A quick request without an answer in time counts as unreachable. */
export function throwUnreachable(error: unknown): never {
  if (!(error instanceof DaskFleetError) || error.code !== "TIMEOUT") throw error;
  throw new DaskFleetError("SCHEDULER_UNREACHABLE", error.message, { cause: error });
}

/** The error for data that violates Dask's protocol or our limits. */
export function violation(what: string, cause?: unknown): DaskFleetError {
  return new DaskFleetError("PROTOCOL_VIOLATION", what, cause === undefined ? {} : { cause });
}

/** A request without an answer because the connection was lost. Inside src/dask it says whether a retry is safe. */
export class CommLost extends DaskFleetError {
  /** Whether the request may have reached the scheduler. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause?: unknown) {
    super("SCHEDULER_UNREACHABLE", message, cause === undefined ? {} : { cause });
    this.sent = sent;
  }
}
