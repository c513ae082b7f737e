import { growingPauseMs } from "../../../src/cloud/api/growing-pause.ts";
import type { RequestFailure } from "./request-failure.ts";

const FIRST_PAUSE_MS = 100;
/** DigitalOcean counts calls by the minute: six pauses from here on are longer than one. */
const FIRST_PAUSE_THROTTLED_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** Nothing was sent: there was nobody to send it to. */
const NOT_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** DigitalOcean has turned the call away, or was never asked: nothing was done. */
export function isUndone({ status, code }: RequestFailure): boolean {
  return status === undefined ? NOT_SENT.has(code) : status < 500;
}

/**
 * How long to wait before a call is tried again, or undefined where that is of no use.
 *
 * @param failed how many tries have failed so far
 */
export function pauseBeforeRetry(failure: RequestFailure, failed: number): number | undefined {
  const { status, headers } = failure;
  if (status !== undefined && status !== 429 && status < 500) return undefined;
  const toldMs = status === 429 ? Number(headers.get("retry-after") ?? Number.NaN) * 1000 : Number.NaN;
  const isUntold = Number.isNaN(toldMs);
  const firstMs = status === 429 && isUntold ? FIRST_PAUSE_THROTTLED_MS : FIRST_PAUSE_MS;
  const pauseMs = growingPauseMs(failed, { firstMs, longestMs: LONGEST_PAUSE_MS });
  return isUntold ? pauseMs : Math.max(pauseMs, Math.min(toldMs, LONGEST_PAUSE_MS));
}
