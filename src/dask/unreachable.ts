import { DaskFleetError } from "../errors.ts";

export function isUnreachable(error: unknown): boolean {
  return error instanceof DaskFleetError && error.code === "SCHEDULER_UNREACHABLE";
}

/** What does not answer a quick question in time is not reached, whatever keeps it from that. */
export function throwUnreachable(error: unknown): never {
  if (!(error instanceof DaskFleetError) || error.code !== "TIMEOUT") throw error;
  throw new DaskFleetError("SCHEDULER_UNREACHABLE", error.message, { cause: error });
}
