import type { ClusterOptions } from "./provider-under-test.ts";

/** How clusters are made here: as impatient as a cloud is fast whose 30 seconds take 30 milliseconds. */
export const testOptions: ClusterOptions = {
  allowedCidrs: ["127.0.0.1/32"],
  apiRetries: 2,
  pollIntervalMs: 20,
  listLagMs: 150,
  lostWorkerTimeoutMs: 400,
  startTimeoutMs: 100_000,
  scaleTimeoutMs: 60_000,
  closeTimeoutMs: 60_000,
  closeOnExit: false,
  // Simulated hours pass in seconds: a cluster that is to end by itself says so.
  idleTimeoutMs: 0,
  noClientTimeoutMs: 0,
};
