import { CloudError } from "../../../src/cloud/errors/cloud-error.ts";
import { rawMessageOf } from "../../../src/errors.ts";
import { printableLine } from "../../../src/text/printable.ts";
import { MIN_COUNT_CODE } from "./capacity.ts";
import { type GcpFailure, NO_ANSWER } from "./failure.ts";
import { GCP_ERRORS } from "./table.ts";

/** A call of Google's API that failed, in a plain sentence. It holds nothing of the request, so no credentials. */
export class GcpError extends CloudError {
  readonly status: number | undefined;
  /** Google's own words, such as `notFound` or `QUOTA_EXCEEDED`. */
  readonly reasons: readonly string[];

  constructor(failure: GcpFailure) {
    const { action, status, message } = failure;
    const explained = GCP_ERRORS.explain(failure);
    const reasons = failure.codes.filter((code) => code !== NO_ANSWER);
    const words = reasons.length === 0 ? (status ?? "") : reasons.join(", ");
    const said = [action, printableLine(String(words), LONGEST_WORDS)].filter((word) => word !== "").join(" ");
    super({
      ...explained,
      said: `${said}: ${message}`,
      cloudCode: reasons.find((reason) => reason !== MIN_COUNT_CODE) ?? reasons[0] ?? "",
      refused: isRefusal(status) || (status !== undefined && explained.meaning === "capacity"),
    });
    this.status = status;
    this.reasons = reasons;
  }
}

/** What was asked of Google. */
export type Asked = Pick<GcpFailure, "action" | "project" | "endpoint" | "attempts">;

interface OperationError {
  readonly code?: string | null;
  readonly message?: string | null;
  readonly errorDetails?: readonly { readonly errorInfo?: { readonly reason?: string | null } | null }[] | null;
}

/** What has gone wrong in an operation that was accepted before. */
export interface OperationErrors {
  readonly httpErrorStatusCode?: number | null | undefined;
  readonly httpErrorMessage?: string | null | undefined;
  readonly error?: { readonly errors?: readonly OperationError[] | null } | null | undefined;
}

/** Where Google's SDK keeps the body of an answer; short words such as `rateLimitExceeded` are nowhere else. */
const BODY = Symbol.for("google-gax.rawHttpResponsePayload");
/** gRPC codes of the SDK for what never was an answer of Google's: DEADLINE_EXCEEDED, UNAVAILABLE. */
const NO_ANSWER_CODES = new Set([4, 14]);
/** The most reasons that one error names. */
const MOST_REASONS = 4;
const LONGEST_WORDS = 300;

/** What the SDK threw, without the request. */
export function failureOf(error: unknown, asked: Asked): GcpFailure {
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
  const answered = status !== undefined || !NO_ANSWER_CODES.has(Number(code));
  const codes = answered ? [...new Set([...reasonsIn(body), ...texts([reason])])] : [NO_ANSWER];
  return { ...asked, message: plain(rawMessageOf(error)), status, codes };
}

/** What a request without the SDK's classes failed with: its HTTP client has another error for that. */
export function failureOfRequest(error: unknown, asked: Asked): GcpFailure {
  const { response } = (isObject(error) ? error : {}) as { response?: { status?: unknown; data?: unknown } };
  if (response === undefined) return failureOf(error, asked);
  const { status, data } = response;
  const told: unknown = isObject(data) ? data["error"] : undefined;
  const message = isObject(told) && typeof told["message"] === "string" ? told["message"] : rawMessageOf(error);
  const body = typeof data === "string" ? data : JSON.stringify(data);
  return failureOf(Object.assign(new Error(message), { httpStatusCode: status, [BODY]: body }), asked);
}

/** The failure of operations that belong together, or undefined where none has failed. */
export function failureOfOperations(operations: readonly OperationErrors[], asked: Asked): GcpFailure | undefined {
  const failed = operations.filter(({ error, httpErrorStatusCode }) => {
    return (error?.errors ?? []).length > 0 || (httpErrorStatusCode ?? 0) !== 0;
  });
  if (failed.length === 0) return undefined;
  const errors = failed.flatMap(({ error }) => error?.errors ?? []);
  // A thousand machines may fail for one reason: it appears once.
  const byCode = new Map(errors.toReversed().map((error) => [error.code ?? "", error]));
  const told = [...byCode.values()].toReversed().slice(0, MOST_REASONS);
  const messages = texts(told.map(({ message }) => message));
  const status = failed.map(({ httpErrorStatusCode }) => httpErrorStatusCode ?? 0).find((each) => each !== 0);
  const details = errors.flatMap(({ errorDetails }) => errorDetails ?? []);
  return {
    ...asked,
    message: plain([...new Set(messages.length === 0 ? texts([failed[0]?.httpErrorMessage]) : messages)].join(" ")),
    status,
    codes: [
      ...new Set(texts([...errors.map(({ code }) => code), ...details.map(({ errorInfo }) => errorInfo?.reason)])),
    ],
  };
}

/** The failure of an operation, or undefined where it has none. */
export function failureOfOperation(operation: OperationErrors, asked: Asked): GcpFailure | undefined {
  return failureOfOperations([operation], asked);
}

/** Whether a failure of an operation only says that there are too few machines, not why. */
export function hidesCause({ codes }: GcpFailure): boolean {
  return codes.every((code) => code === MIN_COUNT_CODE);
}

/** The resource does not exist, or not any more. */
export function isNotFound(error: unknown): boolean {
  return error instanceof GcpError && (error.status === 404 || error.reasons.includes("RESOURCE_NOT_FOUND"));
}

export function isAlreadyThere(error: unknown): boolean {
  return error instanceof GcpError && (error.status === 409 || error.reasons.includes("RESOURCE_ALREADY_EXISTS"));
}

/** Google refused. */
function isRefusal(status: number | undefined): boolean {
  return status !== undefined && status < 500 && status !== 408;
}

/** The short words in the body of an answer: `error.errors[].reason`, and the more exact `error.details[].reason`. */
function reasonsIn(body: unknown): string[] {
  let parsed = body;
  try {
    if (typeof body === "string") parsed = JSON.parse(body);
  } catch {
    return [];
  }
  const error: unknown = isObject(parsed) ? parsed["error"] : undefined;
  if (!isObject(error)) return [];
  const listed = [error["errors"], error["details"]].filter((each): each is unknown[] => Array.isArray(each)).flat();
  return texts(listed.map((each) => (isObject(each) ? each["reason"] : undefined)));
}

function texts(values: readonly unknown[]): string[] {
  return values.filter((value): value is string => typeof value === "string" && value !== "");
}

/** On one line, bounded, and with tokens and keys redacted. */
function plain(message: string): string {
  return printableLine(
    message.replaceAll(
      /ya29\.[\w.-]+|eyJ[\w-]+\.[\w.-]+|1\/\/[\w-]{20,}|Bearer [\w.~+/-]+=*|-----BEGIN[^]*?-----END[^-]*-----/g,
      "[secret]",
    ),
  );
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}
