import { CloudError } from "../../../src/cloud/errors/cloud-error.ts";
import { rawMessageOf } from "../../../src/errors.ts";

interface RequestFailureFields {
  /** Undefined where there was no answer. */
  readonly status?: number | undefined;
  /** OCI's own, such as `NotAuthorizedOrNotFound`, or the network's, such as `ECONNRESET`; empty where an answer has none. */
  readonly code: string;
  readonly message: string;
  /** By which Oracle's support finds the call. */
  readonly requestId?: string | undefined;
  /** How long OCI asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** A request that failed, without what was sent: that is signed, and may hold user data. */
export class RequestFailure extends Error {
  override readonly name = "RequestFailure";
  readonly status: number | undefined;
  readonly code: string;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor({ status, code, message, requestId, retryAfterMs }: RequestFailureFields) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
  }

  /** No answer, or one that could not be read; an error that says all already stays as it is. */
  static of(error: unknown): Error {
    if (error instanceof RequestFailure || error instanceof CloudError) return error;
    const { code } = error as NodeJS.ErrnoException;
    return new RequestFailure({ code: typeof code === "string" ? code : "Error", message: rawMessageOf(error) });
  }

  static ofAnswer(status: number, headers: Headers, content: string): RequestFailure {
    const { code, message } = errorIn(content);
    const seconds = Number(headers.get("retry-after") ?? Number.NaN);
    return new RequestFailure({
      status,
      code,
      message,
      requestId: headers.get("opc-request-id") ?? undefined,
      retryAfterMs: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined,
    });
  }
}

/** `{ code, message }`. Anything else is a proxy's or gateway's. */
function errorIn(content: string): { readonly code: string; readonly message: string } {
  try {
    const { code, message } = (JSON.parse(content) ?? {}) as { readonly code?: unknown; readonly message?: unknown };
    if (typeof code === "string") return { code, message: typeof message === "string" ? message : "" };
  } catch {
    // Not OCI's.
  }
  return { code: "", message: "" };
}
