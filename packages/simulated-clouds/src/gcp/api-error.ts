import type { WireReply } from "../core/http-cloud.ts";

interface ErrorShape {
  /** The HTTP status. */
  readonly code: number;
  /** Google's short word for it, as in `error.errors[].reason`. */
  readonly reason: string;
  readonly domain?: string;
  readonly location?: string;
  /** The canonical name, where it is not Compute Engine itself that answers but what stands before it. */
  readonly status?: string;
  readonly details?: readonly Readonly<Record<string, unknown>>[];
}

/** A refusal in Google's error format. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly shape: ErrorShape;

  constructor(shape: ErrorShape, message: string) {
    super(message);
    this.shape = shape;
  }

  toReply(): WireReply {
    const { code, reason, domain = "global", location, status, details } = this.shape;
    const entry = { message: this.message, domain, reason, ...(location === undefined ? {} : { location }) };
    return jsonReply(code, {
      error: {
        code,
        message: this.message,
        errors: [entry],
        ...(status === undefined ? {} : { status }),
        ...(details === undefined ? {} : { details }),
      },
    });
  }
}

export function jsonReply(status: number, value: unknown): WireReply {
  return {
    status,
    headers: { "content-type": "application/json; charset=UTF-8", server: "ESF", "x-content-type-options": "nosniff" },
    body: JSON.stringify(value),
  };
}

/** @param path such as `projects/p/zones/z/instances/i` */
export function notFound(path: string): ApiError {
  return new ApiError({ code: 404, reason: "notFound" }, `The resource '${path}' was not found`);
}

export function alreadyExists(path: string): ApiError {
  return new ApiError({ code: 409, reason: "alreadyExists" }, `The resource '${path}' already exists`);
}

/** @param field such as `resource.disks[0].initializeParams.sourceImage` */
export function invalidField(field: string, value: unknown, why: string): ApiError {
  const shown = typeof value === "string" ? value : JSON.stringify(value ?? "");
  return new ApiError({ code: 400, reason: "invalid" }, `Invalid value for field '${field}': '${shown}'. ${why}`);
}

export function requiredField(field: string): ApiError {
  return new ApiError({ code: 400, reason: "required" }, `Required field '${field}' not specified`);
}

export function badRequest(message: string): ApiError {
  return new ApiError({ code: 400, reason: "badRequest" }, message);
}

export function notReady(path: string): ApiError {
  return new ApiError({ code: 400, reason: "resourceNotReady" }, `The resource '${path}' is not ready`);
}

export function inUse(path: string, user: string): ApiError {
  return new ApiError(
    { code: 400, reason: "resourceInUseByAnotherResource" },
    `The resource '${path}' is already being used by '${user}'`,
  );
}

export function conditionNotMet(message: string): ApiError {
  return new ApiError({ code: 412, reason: "conditionNotMet", location: "If-Match" }, message);
}

export function forbidden(permission: string, path: string): ApiError {
  return new ApiError({ code: 403, reason: "forbidden" }, `Required '${permission}' permission for '${path}'`);
}

/** For what Compute Engine's own message format does not let through. */
export function invalidPayload(problems: readonly string[]): ApiError {
  const message = problems.join("\n");
  const violations = problems.map((description) => ({ description }));
  return new ApiError(
    {
      code: 400,
      reason: "invalid",
      status: "INVALID_ARGUMENT",
      details: [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: violations }],
    },
    message,
  );
}
