import { DaskFleetError, type ErrorCode, messageOf } from "../../src/errors.ts";
import { oneLine } from "../../src/vm/one-line.ts";
import { type Failure, fits, noAnswer, NO_CAPACITY, TOO_OFTEN, wordsFor } from "./error-words.ts";

/** A call of Google's API that failed, in a plain sentence. It holds nothing of the request, so no credentials either. */
export class GcpError extends DaskFleetError {
  readonly status: number | undefined;
  /** Google's own words, such as `notFound` or `QUOTA_EXCEEDED`. */
  readonly reasons: readonly string[];
  /** Google has answered that it will not do it: nothing was made. */
  readonly refused: boolean;

  constructor(code: ErrorCode, message: string, { status, reasons }: Pick<Failure, "status" | "reasons">) {
    super(code, message);
    this.status = status;
    this.reasons = reasons;
    this.refused = status !== undefined && (status < 500 || code === "CAPACITY_UNAVAILABLE");
  }
}

/** What was asked of Google. */
export type Asked = Pick<Failure, "action" | "project" | "endpoint" | "attempts">;

/** What has gone wrong in an operation that was accepted before. */
export interface OperationErrors {
  readonly httpErrorStatusCode?: number | null | undefined;
  readonly httpErrorMessage?: string | null | undefined;
  readonly error?:
    | { readonly errors?: readonly { readonly code?: string | null; readonly message?: string | null }[] | null }
    | null
    | undefined;
}

/** Where Google's SDK keeps the body of an answer; short words such as `rateLimitExceeded` are nowhere else. */
const BODY = Symbol.for("google-gax.rawHttpResponsePayload");
/** gRPC codes of the SDK for what never was an answer of Google's: DEADLINE_EXCEEDED, UNAVAILABLE. */
const NO_ANSWER = new Set([4, 14]);

/** What the SDK has thrown, less the request. */
export function failureOf(error: unknown, asked: Asked): Failure {
  const {
    httpStatusCode,
    code,
    reason,
    [BODY]: body,
  } = (isObject(error) ? error : {}) as {
    httpStatusCode?: unknown;
    code?: unknown;
    reason?: unknown;
    [BODY]?: unknown;
  };
  const status = typeof httpStatusCode === "number" ? httpStatusCode : undefined;
  const reasons = [...reasonsIn(body), ...(typeof reason === "string" && reason !== "" ? [reason] : [])];
  const answered = status !== undefined || !NO_ANSWER.has(Number(code));
  return { ...asked, message: plain(messageOf(error)), status, reasons: answered ? reasons : [noAnswer] };
}

/** Whether the same call may well succeed a little later. */
export function isPassing(failure: Failure): boolean {
  if (fits(NO_CAPACITY, failure)) return false;
  const { status, reasons } = failure;
  if (reasons.includes(noAnswer) || reasons.includes("resourceNotReady")) return true;
  return isTooOften(failure) || (status !== undefined && status >= 500 && status !== 501);
}

export function isTooOften(failure: Failure): boolean {
  return failure.status === 429 || fits(TOO_OFTEN, failure);
}

export function explain(failure: Failure): GcpError {
  const { code, sentence } = wordsFor(failure);
  const { action, status, reasons, message } = failure;
  const own = [...new Set(reasons)].filter((reason) => reason !== noAnswer);
  const words = own.length === 0 ? (status ?? "") : own.join(", ");
  const said = [action, String(words)].filter((word) => word !== "").join(" ");
  return new GcpError(code, `${sentence} (${said}: ${message})`, { status, reasons });
}

/** The failure of an operation, or undefined where it has none. */
export function failureOfOperation(
  { error, httpErrorStatusCode, httpErrorMessage }: OperationErrors,
  asked: Asked,
): Failure | undefined {
  const errors = error?.errors ?? [];
  const status = httpErrorStatusCode === 0 ? undefined : (httpErrorStatusCode ?? undefined);
  if (errors.length === 0 && status === undefined) return undefined;
  const messages = errors.map(({ message }) => message ?? "").filter((message) => message !== "");
  return {
    ...asked,
    message: plain([...new Set(messages.length === 0 ? [httpErrorMessage ?? ""] : messages)].join(" ")),
    status,
    reasons: [...new Set(errors.map(({ code }) => code ?? "").filter((code) => code !== ""))],
  };
}

/** It is not there, or not there any more. */
export function isNotFound(error: unknown): boolean {
  return error instanceof GcpError && (error.status === 404 || error.reasons.includes("RESOURCE_NOT_FOUND"));
}

export function isAlreadyThere(error: unknown): boolean {
  return error instanceof GcpError && (error.status === 409 || error.reasons.includes("RESOURCE_ALREADY_EXISTS"));
}

function reasonsIn(body: unknown): string[] {
  let parsed = body;
  try {
    if (typeof body === "string") parsed = JSON.parse(body);
  } catch {
    return [];
  }
  const errors: unknown = isObject(parsed) && isObject(parsed["error"]) ? parsed["error"]["errors"] : undefined;
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((each: unknown) =>
    isObject(each) && typeof each["reason"] === "string" ? [each["reason"]] : [],
  );
}

/** On one line, of bearable length, and without anything that looks like a token or a key. */
function plain(message: string): string {
  return oneLine(
    message.replaceAll(
      /ya29\.[\w.-]+|eyJ[\w-]+\.[\w.-]+|1\/\/[\w-]{20,}|Bearer [\w.~+/-]+=*|-----BEGIN[^]*?-----END[^-]*-----/g,
      "[secret]",
    ),
  );
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}
