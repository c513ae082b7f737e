import { randomBytes } from "node:crypto";

import { ApiError } from "./api-error.ts";

interface Grant {
  /** Who it is for, without a slash at the end. */
  readonly audience: string;
  /** Object id of whom it was given to. */
  readonly holder: string;
  expiresAt: number;
}

/** Tokens that were given out. Their time is real time, since it is the SDK's clock that watches it. */
export class AccessTokens {
  /** How long the next ones are good for, in real seconds. */
  lifetimeSeconds: number;
  readonly #grants = new Map<string, Grant>();

  constructor(lifetimeSeconds = 3600) {
    this.lifetimeSeconds = lifetimeSeconds;
  }

  issue(audience: string, holder: string): { readonly token: string; readonly expiresAt: number } {
    const claims = { aud: audience, oid: holder, idtyp: "app", uti: randomBytes(16).toString("base64url") };
    const body = Buffer.from(JSON.stringify(claims)).toString("base64url");
    const token = `eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.${body}.${randomBytes(8).toString("base64url")}`;
    const expiresAt = Date.now() + this.lifetimeSeconds * 1000;
    this.#grants.set(token, { audience: withoutSlash(audience), holder, expiresAt });
    return { token, expiresAt };
  }

  /** None of those that were given out is good any more. */
  revokeAll(): void {
    for (const grant of this.#grants.values()) grant.expiresAt = 0;
  }

  /**
   * Whom a request comes from.
   *
   * @throws ApiError 401 where it has no token, or none that is good here
   */
  holderOf(authorization: string | undefined, audiences: readonly string[]): string {
    if (authorization === undefined) {
      throw unauthorized("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.");
    }
    const grant = this.#grants.get(/^Bearer (?<token>\S+)$/u.exec(authorization)?.groups?.["token"] ?? "");
    if (grant === undefined) throw unauthorized("InvalidAuthenticationToken", "The access token is invalid.");
    if (grant.expiresAt <= Date.now()) {
      throw unauthorized(
        "ExpiredAuthenticationToken",
        "The access token expiry UTC time is earlier than current UTC time.",
      );
    }
    if (!audiences.map(withoutSlash).includes(grant.audience)) {
      throw unauthorized(
        "InvalidAuthenticationTokenAudience",
        `The access token has been obtained for wrong audience or resource '${grant.audience}'. It should exactly match with ` +
          `one of the allowed audiences '${audiences.join("','")}'.`,
      );
    }
    return grant.holder;
  }
}

function unauthorized(code: string, message: string): ApiError {
  const challenge = `Bearer authorization_uri="https://login.microsoftonline.com/", error="invalid_token", error_description="${message}"`;
  return new ApiError(401, code, message, {}, { "www-authenticate": challenge });
}

function withoutSlash(audience: string): string {
  return audience.replace(/\/+$/u, "");
}
