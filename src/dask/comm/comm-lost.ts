import { DaskFleetError } from "../../errors.ts";

/** A request without an answer because the connection was lost. Inside src/dask it says whether a retry is safe. */
export class CommLost extends DaskFleetError {
  /** Whether the request may have reached the scheduler. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause?: unknown) {
    super("SCHEDULER_UNREACHABLE", message, cause === undefined ? {} : { cause });
    this.sent = sent;
  }
}
