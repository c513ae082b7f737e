import { DaskFleetError } from "../errors.ts";

/** Options that cannot be obeyed, in one sentence. */
export function invalid(message: string): DaskFleetError {
  return new DaskFleetError("CONFIG_INVALID", message);
}
