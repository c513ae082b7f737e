import type { WireReply } from "../core/http-cloud.ts";

/** A refusal, in DigitalOcean's form: `{"id": "not_found", "message": "…"}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, id: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.id = id;
    this.headers = headers;
  }

  toReply(): WireReply {
    return jsonReply(this.status, { id: this.id, message: this.message }, this.headers);
  }
}

export function notFound(): ApiError {
  return new ApiError(404, "not_found", "The resource you were accessing could not be found.");
}

export function unprocessable(message: string): ApiError {
  return new ApiError(422, "unprocessable_entity", message);
}

export function jsonReply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): WireReply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(body),
  };
}
