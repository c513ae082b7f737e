import type { EC2 } from "@aws-sdk/client-ec2";

import { isOutOfCapacity } from "./error-words.ts";

type Strategy = Awaited<ReturnType<EC2["config"]["retryStrategy"]>>;

/**
 * Has the SDK tell at once that EC2 is out of machines: it would take that answer, an HTTP 500, for one that passes, and another
 * zone or type is the better try.
 */
export function leaveCapacityToUs(ec2: EC2): void {
  const standard = ec2.config.retryStrategy;
  ec2.config.retryStrategy = async () => withoutCapacity(await standard());
}

function withoutCapacity(strategy: Strategy): Strategy {
  if (!("refreshRetryTokenForRetry" in strategy)) return strategy;
  return {
    acquireInitialRetryToken: (scope) => strategy.acquireInitialRetryToken(scope),
    refreshRetryTokenForRetry: async (token, info) => {
      const { name } = (info.error ?? {}) as { name?: unknown };
      if (typeof name === "string" && isOutOfCapacity(name)) throw new Error("EC2 is out of capacity");
      return await strategy.refreshRetryTokenForRetry(token, info);
    },
    recordSuccess: (token) => strategy.recordSuccess(token),
  };
}
