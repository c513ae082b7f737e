import type { RetryRules } from "../../../src/cloud/api/retry-policy.ts";
import { isConflict, isTransient } from "../errors/azure-error.ts";
import type { AzureFailure } from "../errors/failure.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 32_000;

/** Which failures of a call are retried. */
export const AZURE_RETRIES: RetryRules<AzureFailure> = [
  // As often as another operation on the same thing may take.
  { when: isConflict, firstMs: FIRST_PAUSE_MS, longestMs: 5000, retries: 200 },
  // Azure's budgets of calls fill up again by the minute.
  { when: (failure) => failure.status === 429 && isTransient(failure), firstMs: 1000, longestMs: LONGEST_PAUSE_MS },
  { when: isTransient, firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS },
];
