import { asError, DaskFleetError, type ErrorCode, linesOf, type Meaning, meaningOf, messageOf } from "../../errors.ts";
import { CloudError } from "./cloud-error.ts";

/** One error for several things that went wrong side by side; each reason is told once. */
export function combinedError(errors: readonly unknown[]): Error {
  const distinct = [...new Map(errors.map((error) => [reasonOf(error), error])).values()];
  const [first] = distinct;
  if (distinct.length === 1) return asError(first);
  return new DaskFleetError(commonCode(distinct), distinct.flatMap(linesOf), {
    cause: new AggregateError(distinct),
    meaning: commonMeaning(distinct),
  });
}

/** By what two failures count as the same: the meaning in words, without what the cloud adds of one call alone. */
export function reasonOf(error: unknown): string {
  return error instanceof CloudError ? error.sentence : messageOf(error);
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

function commonMeaning(errors: readonly unknown[]): Meaning {
  const [meaning = "unknown", ...others] = new Set(errors.map(meaningOf));
  if (others.length === 0) return meaning;
  return [meaning, ...others].every((each) => each === "capacity" || each === "quota") ? "capacity" : "unknown";
}
