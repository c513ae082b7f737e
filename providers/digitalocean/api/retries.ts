import type { RetryRules } from "../../../src/cloud/api/retry-policy.ts";
import type { RequestFailure } from "./request-failure.ts";

const LONGEST_PAUSE_MS = 60_000;

/** Which failures of a call are retried. */
export const DROPLET_RETRIES: RetryRules<RequestFailure> = [
  // DigitalOcean counts calls by the minute: six pauses from here on are longer than one.
  { when: ({ status }) => status === 429, firstMs: 1000, longestMs: LONGEST_PAUSE_MS },
  { when: ({ status }) => status === undefined || status >= 500, firstMs: 100, longestMs: LONGEST_PAUSE_MS },
];
