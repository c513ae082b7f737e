import { DaskFleetError } from "../errors.ts";

export function isUnreachable(error: unknown): boolean {
  return error instanceof DaskFleetError && error.code === "SCHEDULER_UNREACHABLE";
}

/** A quick request without an answer in time counts as unreachable. */
export function throwUnreachable(error: unknown): never {
  if (!(error instanceof DaskFleetError) || error.code !== "TIMEOUT") throw error;
  throw new DaskFleetError("SCHEDULER_UNREACHABLE", error.message, { cause: error });
}
