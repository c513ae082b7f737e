import { DaskFleetError, type ErrorCode, messageOf } from "../../src/errors.ts";
import { oneLine } from "../../src/vm/one-line.ts";
import { type Failure, wordsFor } from "./error-words.ts";

/** A call of Azure's API that failed, in a plain sentence. It holds nothing of the request, so no token and no user data either. */
export class AzureError extends DaskFleetError {
  /** HTTP's; undefined where there was no answer, and for an operation that failed after it was accepted. */
  readonly status: number | undefined;
  /** Azure's own word, such as `AllocationFailed`. */
  readonly reason: string;
  /** Azure has answered that it will not do it: nothing was made. */
  readonly refused: boolean;
  /** An earlier try of the call had no answer: it may have had its effect. */
  readonly mayHaveHappened: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    { status, reason, mayHaveHappened = false }: Pick<Failure, "status" | "reason" | "mayHaveHappened">,
  ) {
    super(code, message);
    this.status = status;
    this.reason = reason;
    this.mayHaveHappened = mayHaveHappened;
    this.refused = status !== undefined && status >= 400 && status < 500 && reason !== "";
  }
}

/** What was asked of Azure. */
export type Asked = Pick<Failure, "action" | "endpoint" | "attempts">;

/** Another operation is under way with the same thing, and this one is not begun. */
const CONFLICT =
  /^(?:Conflict|AnotherOperationInProgress|OperationPreempted|RetryableError|RetryableErrorDueToAnotherOperation|CanceledAndSupersededDueToAnotherOperation|ReferencedResourceNotProvisioned|ConflictingConcurrentWriteNotAllowed)$/i;

/** What the SDK has thrown, less the request. */
export function failureOf(error: unknown, asked: Asked): Failure {
  const { name, statusCode, code } = (typeof error === "object" && error !== null ? error : {}) as {
    name?: unknown;
    statusCode?: unknown;
    code?: unknown;
  };
  return {
    ...asked,
    kind: typeof name === "string" ? name : "",
    status: typeof statusCode === "number" ? statusCode : undefined,
    // With that word the SDK says that the body is none of Azure's.
    reason: typeof code === "string" && code !== "PARSE_ERROR" ? code : "",
    message: plain(messageOf(error)),
  };
}

/** The failure of an operation that was accepted, from the SDK's one sentence for it. */
export function failureOfOperation(error: unknown, asked: Asked): Failure {
  const text = plain(messageOf(error));
  if (text.startsWith("Operation was canceled"))
    return { ...asked, kind: "", status: undefined, reason: "Canceled", message: text };
  const { reason = "", message = text } =
    /^The long-running operation has failed\. (?<reason>\w+)\. (?<message>.*)$/.exec(text)?.groups ?? {};
  return { ...asked, kind: "", status: undefined, reason, message };
}

/** What Azure says of a machine itself. */
export function failureOfMachine(reason: string, message: string, asked: Asked): Failure {
  return { ...asked, kind: "", status: undefined, reason, message: plain(message) };
}

/** Whether the call may have had its effect although it failed. */
export function mayHaveHappened({ status }: Failure): boolean {
  return status === undefined || status === 408 || status >= 500;
}

/** Whether the same call may well succeed a little later. */
export function isPassing({ kind, status, reason }: Failure): boolean {
  if (/Credential|Authentication/.test(kind)) return false;
  if (status === undefined) return kind === "RestError" || kind === "AbortError" || /^E[A-Z]+$/.test(reason);
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

export function isConflict({ status, reason }: Failure): boolean {
  return (status === 409 || status === 429) && CONFLICT.test(reason);
}

export function explain(failure: Failure): AzureError {
  const { code, sentence } = wordsFor(failure);
  const { action, status, reason, message } = failure;
  const said = [action, reason === "" ? String(status ?? "") : reason].filter((word) => word !== "").join(" ");
  return new AzureError(code, `${sentence} (${said}: ${message})`, failure);
}

/** It is not there, or not there any more. A 404 without a word of Azure's may be anybody's, such as a proxy's. */
export function isNotFound(error: unknown): boolean {
  return error instanceof AzureError && error.status === 404 && !/^$|^(?:Invalid)?Subscription/.test(error.reason);
}

/** The whole resource group is not there, and nothing that was in it. */
export function isGroupGone(error: unknown): boolean {
  return isNotFound(error) && (error as AzureError).reason === "ResourceGroupNotFound";
}

/** On one line, of bearable length, and without anything that looks like a token, a signature or a key. */
function plain(message: string): string {
  return oneLine(
    message.replaceAll(
      /eyJ[\w-]+\.[\w.-]+|Bearer [\w.~+/-]+=*|\bsig=[^&\s"']+|-----BEGIN[^]*?-----END[^-]*-----/g,
      "[secret]",
    ),
  );
}
