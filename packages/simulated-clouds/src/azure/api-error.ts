import type { WireReply } from "../core/http-cloud.ts";

interface Details {
  /** What of the request is wrong. */
  readonly target?: string | undefined;
  readonly additionalInfo?: readonly { readonly type: string; readonly info: object }[];
  readonly details?: readonly { readonly code: string; readonly message: string; readonly target?: string }[];
}

/** A refusal, in the form of Azure Resource Manager: `{"error": {"code": "…", "message": "…"}}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly more: Details;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: Details = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.more = more;
    this.headers = headers;
  }

  toReply(): WireReply {
    return jsonReply(
      this.status,
      { error: { code: this.code, message: this.message, ...this.more } },
      { "x-ms-error-code": this.code, ...this.headers },
    );
  }
}

export function badRequest(code: string, message: string, target?: string): ApiError {
  return new ApiError(400, code, message, target === undefined ? {} : { target });
}

export function invalidParameter(message: string, target: string): ApiError {
  return badRequest("InvalidParameter", message, target);
}

export function missingParameter(name: string): ApiError {
  return invalidParameter(`Required parameter '${name}' is missing (null).`, name);
}

export function conflict(code: string, message: string, target?: string): ApiError {
  return new ApiError(409, code, message, target === undefined ? {} : { target });
}

/** @param resource type and name, such as `Microsoft.Compute/virtualMachines/a` */
export function resourceNotFound(resource: string, group: string): ApiError {
  return new ApiError(
    404,
    "ResourceNotFound",
    `The Resource '${resource}' under resource group '${group}' was not found. For more details please go to ` +
      "https://aka.ms/ARMResourceNotFoundFix",
  );
}

/** What stands in a request is not there, or in another region. */
export function invalidReference(referenced: string, by: string): ApiError {
  return badRequest(
    "InvalidResourceReference",
    `Resource ${referenced} referenced by resource ${by} was not found. Please make sure that the referenced resource ` +
      "exists, and that both resources are in the same region.",
  );
}

export function jsonReply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): WireReply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(body),
  };
}
