import type { RetryRules } from "../../../src/cloud/api/retry-policy.ts";
import type { AzureFailure } from "../errors/failure.ts";

/** Another operation on the same resource is under way, and this one did not begin. */
const CONFLICT =
  /^(?:Conflict|AnotherOperationInProgress|OperationPreempted|RetryableError|RetryableErrorDueToAnotherOperation|CanceledAndSupersededDueToAnotherOperation|ReferencedResourceNotProvisioned|ConflictingConcurrentWriteNotAllowed)$/i;
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

/** Whether the same call may succeed a little later. The status tells: Azure's codes for it are too many. */
function isTransient({ kind, status, codes }: AzureFailure): boolean {
  if (/Credential|Authentication/.test(kind)) return false;
  if (status === undefined) {
    return kind === "RestError" || kind === "AbortError" || codes.some((code) => /^E[A-Z]+$/.test(code));
  }
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

function isConflict({ status, codes }: AzureFailure): boolean {
  return (status === 409 || status === 429) && CONFLICT.test(codes[0] ?? "");
}
