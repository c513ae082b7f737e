import type { EndReason } from "../index.ts";

/** A command that failed. */
export const FAILED = 1;
/** A mistake on the command line. */
export const MISUSED = 2;
/** A shell's exit codes for a command that it cannot start. */
export const NOT_EXECUTABLE = 126;
export const NOT_FOUND = 127;

/** Exit codes of a launcher whose cluster ends by itself, for supervisors. */
export const EXIT_CODES: Readonly<Record<EndReason, number>> = {
  "idle-timeout": 3,
  lifetime: 4,
  shutdown: 5,
  removed: 6,
  crash: 7,
  unknown: 8,
  "no-client": 9,
};
