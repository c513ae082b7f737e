import type { EndReason } from "../index.ts";

/** What `dask-fleet start` exits with when its cluster has ended by itself, so that a supervisor can tell what to start again. */
export const EXIT_CODES: Readonly<Record<EndReason, number>> = {
  "idle-timeout": 3,
  lifetime: 4,
  shutdown: 5,
  removed: 6,
  crash: 7,
  unknown: 8,
};
