import type { CloudFailure } from "../../../src/cloud/errors/error-table.ts";

/** A request that failed, as the table looks at it. */
export interface DropletFailure extends CloudFailure {
  /** The host that was asked. */
  readonly server: string;
  /** Whether the answer says that the calls of this hour are used up. */
  readonly hourIsUsedUp: boolean;
}

/** DigitalOcean refuses with any of these; its sentence says why. */
export const REFUSALS: readonly number[] = [400, 402, 403, 409, 412, 422, 423];
export const INVALID: readonly number[] = [400, 422];
