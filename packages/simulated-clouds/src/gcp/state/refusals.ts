import { ApiError } from "../api-error.ts";
import type { OperationError } from "./operations.ts";

/** What a call is answered with, or what its operation ends with. */
export type RefusalKind = keyof typeof REPLIES | keyof typeof OPERATIONS;

const REPLIES = {
  /** Too many operations of the kind are under way: HTTP 403, as for a missing permission. */
  "concurrent-operations": (path: string) =>
    new ApiError(
      {
        code: 403,
        reason: "rateLimitExceeded",
        domain: "usageLimits",
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            reason: "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED",
            domain: "compute.googleapis.com",
            metadata: { containerType: "PROJECT", containerId: path.split("/")[1] ?? "" },
          },
        ],
      },
      "Rate Limit Exceeded",
    ),
  "not-ready": (path: string) =>
    new ApiError({ code: 400, reason: "resourceNotReady" }, `The resource '${path}' is not ready`),
  condition: () => new ApiError({ code: 412, reason: "conditionNotMet", location: "If-Match" }, "Precondition Failed"),
  "in-use": (path: string) =>
    new ApiError(
      { code: 400, reason: "resourceInUseByAnotherResource" },
      `The resource '${path}' is already being used by another resource`,
    ),
};

const OPERATIONS = {
  /** Too many operations on what it is made from: HTTP 403 once more. */
  "operation-rate": (): OperationError => ({
    code: "RESOURCE_OPERATION_RATE_EXCEEDED",
    message: "Too frequent operations from the source resource.",
    httpStatus: 403,
    httpMessage: "FORBIDDEN",
  }),
  /** A spot VM preempted during its creation. */
  preempted: (path: string): OperationError => ({
    code: "UNSUPPORTED_OPERATION",
    message: `The operation on '${path}' is not possible in the state STOPPING.`,
    httpStatus: 400,
    httpMessage: "BAD REQUEST",
  }),
  "internal-error": (): OperationError => ({
    code: "INTERNAL_ERROR",
    message: "Internal error. Please try again or contact Google Support. (Code: '-7D3E5F0A')",
    httpStatus: 500,
    httpMessage: "INTERNAL SERVER ERROR",
  }),
};

/** Refusals that end by themselves: each is for the next calls of a method, and then all goes on as ever. */
export class Refusals {
  readonly #due: { readonly method: string; readonly kind: RefusalKind; left: number }[] = [];

  /** @param method such as `instances.delete`; each VM of a `bulkInsert` counts for itself */
  add(method: string, kind: RefusalKind, times = 1): void {
    this.#due.push({ method, kind, left: times });
  }

  /** @throws ApiError where a refusal in the reply is due. */
  inReply(method: string, path: string): void {
    const kind = this.#take(method, (each) => each in REPLIES);
    if (kind !== undefined) throw REPLIES[kind as keyof typeof REPLIES](path);
  }

  /** What the operation ends with, where that is due. */
  inOperation(method: string, path: string): OperationError | undefined {
    const kind = this.#take(method, (each) => each in OPERATIONS);
    return kind === undefined ? undefined : OPERATIONS[kind as keyof typeof OPERATIONS](path);
  }

  #take(method: string, fits: (kind: RefusalKind) => boolean): RefusalKind | undefined {
    const due = this.#due.find((each) => each.method === method && each.left > 0 && fits(each.kind));
    if (due === undefined) return undefined;
    due.left -= 1;
    return due.kind;
  }
}
