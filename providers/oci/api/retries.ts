import { withRetries, type RetryRules } from "../../../src/cloud/api/retry-policy.ts";
import { isOutOfRoom } from "../errors/capacity.ts";
import { OciError } from "../errors/oci-error.ts";
import type { RequestFailure } from "./request-failure.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 32_000;

/** Which failures of a call are retried. A lack of capacity comes as an HTTP 500, but another fault domain is the better try. */
export const OCI_RETRIES: RetryRules<RequestFailure> = [
  { when: ({ status }) => status === 429, firstMs: 1000, longestMs: LONGEST_PAUSE_MS },
  { when: isTransient, firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS },
];

function isTransient({ status, message, code }: RequestFailure): boolean {
  if (isOutOfRoom(message)) return false;
  if (status === undefined) return !/CERT|SELF_SIGNED|^UNABLE_TO/.test(code);
  return status === 408 || (status >= 500 && status !== 501);
}

/** Whether a request that failed so may have taken effect. */
export function mayHaveActed({ status, code, message }: RequestFailure): boolean {
  if (status === undefined) return !/^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(code);
  return status < 400 || (status >= 500 && !isOutOfRoom(message));
}

const CONSISTENT_AFTER_MS = 30_000;

/**
 * Retries until consistent: a call that OCI refuses because a part of it does not know yet what was just created.
 *
 * @param patienceMs how long, in milliseconds
 */
export async function retryUntilConsistent<Answer>(
  isInconsistent: (error: OciError) => boolean,
  signal: AbortSignal,
  call: () => Promise<Answer>,
  patienceMs: number = CONSISTENT_AFTER_MS,
): Promise<Answer> {
  const rule = { when: isInconsistent, firstMs: 100, longestMs: 2000, forMs: patienceMs };
  return await withRetries(call, {
    policy: { rules: [rule], retries: 0 },
    signal,
    read: (error) => {
      if (!(error instanceof OciError)) throw error;
      return { failure: error, error: () => error };
    },
  });
}
