import { DaskFleetError, type ErrorCode, messageOf } from "../errors.ts";

/** One error for several things that went wrong side by side; those that say the same are said once. */
export function combinedError(errors: readonly unknown[]): Error {
  const distinct = [...new Map(errors.map((error) => [messageOf(error), error])).values()];
  const [first] = distinct;
  if (distinct.length === 1) return first instanceof Error ? first : new Error(messageOf(first));
  return new DaskFleetError(commonCode(distinct), distinct.map(messageOf).join("\n"), {
    cause: new AggregateError(distinct),
  });
}

/** @throws what went wrong, as one error, unless all went well */
export function throwRejected(results: readonly PromiseSettledResult<unknown>[]): void {
  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (errors.length > 0) throw combinedError(errors);
}

function commonCode(errors: readonly unknown[]): ErrorCode {
  const [code, ...others] = new Set(errors.map((error) => (error instanceof DaskFleetError ? error.code : undefined)));
  if (code !== undefined && others.length === 0) return code;
  const lacks = [code, ...others].every((each) => each === "CAPACITY_UNAVAILABLE" || each === "QUOTA_EXCEEDED");
  return lacks ? "CAPACITY_UNAVAILABLE" : "PROVIDER_FAILED";
}
