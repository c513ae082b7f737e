import type { RetryRules } from "../../../src/cloud/api/retry-policy.ts";
import type { GcpFailure } from "../errors/failure.ts";
import { isTransient, isThrottled } from "../errors/gcp-error.ts";

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
