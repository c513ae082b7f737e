import { DaskFleetError } from "../errors.ts";

/** An option that no machine could be started with. */
export function invalid(message: string): DaskFleetError {
  return new DaskFleetError("CONFIG_INVALID", message);
}
