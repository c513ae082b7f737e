import type { WireReply } from "../core/http-cloud.ts";

/** A refusal, in OCI's form: `{"code": "NotAuthorizedOrNotFound", "message": "…"}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  toReply(): WireReply {
    return {
      status: this.status,
      headers: { "content-type": "application/json" },
      body: `{\n  "code" : ${JSON.stringify(this.code)},\n  "message" : ${JSON.stringify(this.message)}\n}`,
    };
  }
}

/** The same for what is not there and for what the caller may not see. */
export function notFound(message = "Authorization failed or requested resource not found."): ApiError {
  return new ApiError(404, "NotAuthorizedOrNotFound", message);
}

export function notAuthenticated(
  message = "The required information to complete authentication was not provided or was incorrect.",
): ApiError {
  return new ApiError(401, "NotAuthenticated", message);
}

export function cannotParse(why = ""): ApiError {
  const words = "Incorrectly formatted request. Please refer to our documentation for help.";
  return new ApiError(400, "CannotParseRequest", `${words} ${why}`.trim());
}

export function invalid(message: string): ApiError {
  return new ApiError(400, "InvalidParameter", message);
}

/** Another try makes sense: the resource changes just now. */
export function incorrectState(message: string): ApiError {
  return new ApiError(409, "IncorrectState", message);
}

/** Another try makes no sense before something else has changed. */
export function conflict(message: string): ApiError {
  return new ApiError(409, "Conflict", message);
}

/** oracle/terraform-provider-oci#1282: in these words. */
export function beingModified(kind: string, id: string): ApiError {
  return conflict(`${kind} ${id} is currently being modified, try again later.`);
}

/** A lack of capacity, which OCI calls an internal error: oracle/karpenter-provider-oci#34. */
export function outOfHostCapacity(): ApiError {
  return new ApiError(500, "InternalError", "Out of host capacity.");
}

export function tooManyRequests(): ApiError {
  return new ApiError(429, "TooManyRequests", "Too many requests for the user");
}
