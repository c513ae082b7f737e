import { DaskFleetError, type ErrorCode, type Meaning, asError, linesOf, meaningOf, messageOf } from "../../errors.ts";

/** What a {@link CloudError} is made of. */
export interface CloudErrorParts {
  /** What went wrong, for programs. */
  readonly code: ErrorCode;
  /** What it means for the next try. */
  readonly meaning: Meaning;
  /** Whether another zone, machine type or capacity type may succeed where this one failed. */
  readonly elsewhere: boolean;
  /** What it means to the user, and the next step: whole sentences. */
  readonly sentence: string;
  /** What the cloud itself said, on one line. */
  readonly said: string;
  /** The cloud's own code, such as `InsufficientInstanceCapacity`. */
  readonly cloudCode: string;
  /** Whether the cloud refused: nothing was created. */
  readonly refused: boolean;
}

/** A call of a cloud's API that failed. It holds nothing of the request: no credentials and no user data. */
export class CloudError extends DaskFleetError {
  /** Whether another zone, type or market may succeed where this one failed. */
  readonly elsewhere: boolean;
  /** What it means to the user, and the next step: whole sentences. */
  readonly sentence: string;
  /** The cloud's own code, such as `InsufficientInstanceCapacity`. */
  readonly cloudCode: string;
  /** Whether the cloud answered that it will not do it: nothing was made. */
  readonly refused: boolean;

  /** @param parts the message is the sentence, with what the cloud said in brackets */
  constructor({ code, meaning, elsewhere, sentence, said, cloudCode, refused }: CloudErrorParts) {
    super(code, said === "" ? sentence : `${sentence} (${said})`, { meaning });
    this.elsewhere = elsewhere;
    this.sentence = sentence;
    this.cloudCode = cloudCode;
    this.refused = refused;
  }
}

/** One error for several failures side by side. Each reason appears once. */
export function combinedError(errors: readonly unknown[]): Error {
  const distinct = [...new Map(errors.map((error) => [reasonOf(error), error])).values()];
  const [first] = distinct;
  if (distinct.length === 1) return asError(first);
  return new DaskFleetError(commonCode(distinct), distinct.flatMap(linesOf), {
    cause: new AggregateError(distinct),
    meaning: commonMeaning(distinct),
  });
}

/** What makes two failures the same: the sentence, without what the cloud adds for one call. */
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
