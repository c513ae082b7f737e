import { randomBytes } from "node:crypto";

import { ApiError } from "./api-error.ts";

/** Tokens that this cloud has given out. Their time is real time, since it is the SDK's clock that watches it. */
export class AccessTokens {
  /** How long the next ones are good for, in real seconds. */
  lifetimeSeconds: number;
  readonly #expiresAt = new Map<string, number>();

  constructor(lifetimeSeconds: number) {
    this.lifetimeSeconds = lifetimeSeconds;
  }

  issue(): string {
    const token = `ya29.${randomBytes(24).toString("base64url")}`;
    this.#expiresAt.set(token, Date.now() + this.lifetimeSeconds * 1000);
    return token;
  }

  /** None of those that were given out is good any more. */
  revokeAll(): void {
    for (const token of this.#expiresAt.keys()) this.#expiresAt.set(token, 0);
  }

  /** @throws ApiError 401 where a request has no token, or none that is good. */
  check(authorization: string | undefined): void {
    if (authorization === undefined) {
      throw unauthenticated(
        "Request is missing required authentication credential.",
        "required",
        "CREDENTIALS_MISSING",
      );
    }
    const expiresAt = this.#expiresAt.get(/^Bearer (?<token>\S+)$/u.exec(authorization)?.groups?.["token"] ?? "");
    if (expiresAt === undefined || expiresAt <= Date.now()) {
      const reason = expiresAt === undefined ? "ACCESS_TOKEN_TYPE_UNSUPPORTED" : "ACCESS_TOKEN_EXPIRED";
      throw unauthenticated("Request had invalid authentication credentials.", "authError", reason);
    }
  }
}

function unauthenticated(message: string, reason: string, detail: string): ApiError {
  const info = { reason: detail, domain: "googleapis.com", metadata: { service: "compute.googleapis.com" } };
  return new ApiError(
    {
      code: 401,
      reason,
      location: "Authorization",
      status: "UNAUTHENTICATED",
      details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", ...info }],
    },
    `${message} Expected OAuth 2 access token, login cookie or other valid authentication credential. See ` +
      "https://developers.google.com/identity/sign-in/web/devconsole-project.",
  );
}
