import type { EC2 } from "@aws-sdk/client-ec2";

import { withRetries } from "../../../src/cloud/api/retry-policy.ts";
import { sleep } from "../../../src/wait.ts";
import { isOutOfRoom } from "../errors/capacity.ts";
import { Ec2Error, isAws } from "../errors/ec2-error.ts";

type Strategy = Awaited<ReturnType<EC2["config"]["retryStrategy"]>>;
type RetryStrategy = Extract<Strategy, { readonly refreshRetryTokenForRetry: unknown }>;
type Token = Awaited<ReturnType<RetryStrategy["acquireInitialRetryToken"]>>;

interface Thrown {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** EC2 refuses good credentials at random: one refusal proves nothing. */
const REFUSED_AT_RANDOM = "AuthFailure";
const RANDOM_REFUSAL_PAUSE_MS = 300;

/** Errors of requests whose earlier attempt may have taken effect. */
const afterUnknownEffect = new WeakSet<object>();

/** Whether an earlier attempt of the call that ended with this error may have taken effect. */
export function mayHaveActedBefore(error: unknown): boolean {
  return typeof error === "object" && error !== null && afterUnknownEffect.has(error);
}

/**
 * The SDK's own retries with two exceptions. A lack of capacity is not retried: it comes as an HTTP 500, but another zone or type is the
 * better try. A refusal of the credentials counts only when it is repeated.
 */
export function ownRetries(ec2: EC2): void {
  const standard = ec2.config.retryStrategy;
  ec2.config.retryStrategy = async () => changed(await standard());
}

function changed(strategy: Strategy): Strategy {
  if (!("refreshRetryTokenForRetry" in strategy)) return strategy;
  const refusedOnce = new WeakSet<Token>();
  const unknownEffect = new WeakSet<Token>();
  return {
    acquireInitialRetryToken: (scope) => strategy.acquireInitialRetryToken(scope),
    refreshRetryTokenForRetry: async (token, info) => {
      const error: Thrown = info.error ?? {};
      if (unknownEffect.has(token)) afterUnknownEffect.add(error);
      if (isOutOfRoom(String(error.name))) throw new Error("EC2 is out of capacity");
      if (isRandomRefusal(error) && !refusedOnce.has(token)) {
        await sleep(RANDOM_REFUSAL_PAUSE_MS);
        refusedOnce.add(token);
        return token;
      }
      const next = await strategy.refreshRetryTokenForRetry(token, info);
      if (unknownEffect.has(token) || !isAnswered(error)) unknownEffect.add(next);
      return next;
    },
    recordSuccess: (token) => strategy.recordSuccess(token),
  };
}

function isRandomRefusal({ name, message }: Thrown): boolean {
  return name === REFUSED_AT_RANDOM && !/for images/i.test(String(message));
}

/** Whether EC2 said that it did nothing. A throttled call (HTTP 503) was not even looked at. */
function isAnswered({ name, $metadata: { httpStatusCode: status = 500 } = {} }: Thrown): boolean {
  return status < 500 || /Throttl|LimitExceeded/.test(String(name));
}

const CONSISTENT_AFTER_MS = 30_000;
const CONSISTENCY_PAUSES = { firstMs: 100, longestMs: 2000 };

/**
 * Retries until consistent: a call that EC2 refuses because a part of it does not know yet what was just created. These codes tell, or
 * a predicate.
 */
export async function retryUntilConsistent<Answer>(
  inconsistent: readonly string[] | ((error: Ec2Error) => boolean),
  signal: AbortSignal,
  call: () => Promise<Answer>,
  { patienceMs = CONSISTENT_AFTER_MS }: { readonly patienceMs?: number } = {},
): Promise<Answer> {
  const when =
    typeof inconsistent === "function" ? inconsistent : (error: Ec2Error): boolean => isAws(error, ...inconsistent);
  return await withRetries(call, {
    policy: { rules: [{ when, ...CONSISTENCY_PAUSES, forMs: patienceMs }], retries: 0 },
    signal,
    read: (error) => {
      if (!(error instanceof Ec2Error)) throw error;
      return { failure: error, error: () => error };
    },
  });
}
