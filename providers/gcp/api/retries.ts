import { growingPauseMs } from "../../../src/cloud/api/growing-pause.ts";
import type { GcpFailure } from "../errors/failure.ts";
import { isTransient, isThrottled } from "../errors/gcp-error.ts";

const FIRST_PAUSE_MS = 100;
/** Google counts calls by the minute: six pauses from here on are longer than one. */
const FIRST_PAUSE_THROTTLED_MS = 1000;
const LONGEST_PAUSE_MS = 32_000;

/**
 * How long to wait before a call is tried again, or undefined where that is of no use. Google's SDK tries calls again too, but
 * knows only gRPC's codes: it would take a rate limit (HTTP 403) for a missing permission.
 *
 * @param failed how many tries have failed so far
 */
export function pauseBeforeRetry(failure: GcpFailure, failed: number): number | undefined {
  if (!isTransient(failure)) return undefined;
  const firstMs = isThrottled(failure) ? FIRST_PAUSE_THROTTLED_MS : FIRST_PAUSE_MS;
  return growingPauseMs(failed, { firstMs, longestMs: LONGEST_PAUSE_MS });
}
