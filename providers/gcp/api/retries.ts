import type { RetryRules } from "../../../src/cloud/api/retry-policy.ts";
import { type GcpFailure, NO_ANSWER } from "../errors/failure.ts";
import { GCP_ERRORS } from "../errors/table.ts";

const LONGEST_PAUSE_MS = 32_000;

/**
 * Which failures of a call are retried. Google's SDK retries too, but knows only gRPC's codes: it would take a rate limit (HTTP 403)
 * for a missing permission.
 */
export const GCP_RETRIES: RetryRules<GcpFailure> = [
  // Google counts calls by the minute: six pauses from here on are longer than one.
  { when: isThrottled, firstMs: 1000, longestMs: LONGEST_PAUSE_MS },
  { when: isTransient, firstMs: 100, longestMs: LONGEST_PAUSE_MS },
];

function isTransient(failure: GcpFailure): boolean {
  const { status, codes } = failure;
  if (codes.includes(NO_ANSWER) || codes.includes("resourceNotReady")) return true;
  const isServerError = status !== undefined && status >= 500 && status !== 501;
  return isServerError && GCP_ERRORS.explain(failure).meaning === "transient";
}

function isThrottled(failure: GcpFailure): boolean {
  return GCP_ERRORS.explain(failure).meaning === "throttled";
}
