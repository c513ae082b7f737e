import { DaskFleetError } from "../../errors.ts";

/** A request found no answer because the connection is gone. Inside src/dask it says whether asking again is safe. */
export class CommLost extends DaskFleetError {
  /** Whether the request may have reached the scheduler. */
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause?: unknown) {
    super("SCHEDULER_UNREACHABLE", message, cause === undefined ? {} : { cause });
    this.sent = sent;
  }
}
