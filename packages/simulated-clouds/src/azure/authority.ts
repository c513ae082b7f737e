import { randomUUID } from "node:crypto";

import type { WireReply, WireRequest } from "../core/http-cloud.ts";
import { loopbackTls } from "../core/loopback-tls.ts";
import { WireServer } from "../core/wire.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { jsonReply } from "./api-error.ts";

export const TENANT = "72f988bf-0000-4000-8000-2d7cd011db47";
export const CLIENT = "c11e0000-0000-4000-8000-0000000000c1";
/** The object id of the client's service principal. */
export const PRINCIPAL = "0b1ec700-0000-4000-8000-0000000000c1";
const SECRET = "sim~8Q~0123456789abcdefghijklmnopqrstuv";

/** Where applications get tokens: the part of Microsoft Entra ID that `ClientSecretCredential` uses. */
export class Authority {
  readonly #tokens: AccessTokens;

  constructor(tokens: AccessTokens) {
    this.#tokens = tokens;
  }

  /** The answer, where the request is one of these. */
  answer({ method, url, body }: WireRequest, endpoint: string): WireReply | undefined {
    const { tenant, rest } =
      /^\/(?<tenant>[^/]+)\/(?<rest>v2\.0\/.*|oauth2\/v2\.0\/token)$/u.exec(url.pathname)?.groups ?? {};
    if (tenant === undefined) return undefined;
    if (tenant !== TENANT) return refusal("invalid_request", `AADSTS90002: Tenant '${tenant}' not found.`);
    if (rest === "v2.0/.well-known/openid-configuration" && method === "GET") {
      return jsonReply(200, {
        token_endpoint: `${endpoint}/${TENANT}/oauth2/v2.0/token`,
        authorization_endpoint: `${endpoint}/${TENANT}/oauth2/v2.0/authorize`,
        jwks_uri: `${endpoint}/${TENANT}/discovery/v2.0/keys`,
        issuer: `${endpoint}/${TENANT}/v2.0`,
      });
    }
    if (rest !== "oauth2/v2.0/token" || method !== "POST") return undefined;
    return this.#grant(new URLSearchParams(body.toString()));
  }

  #grant(form: URLSearchParams): WireReply {
    const client = form.get("client_id") ?? "";
    if (form.get("grant_type") !== "client_credentials") {
      return refusal("unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.");
    }
    if (client !== CLIENT) {
      return refusal("unauthorized_client", `AADSTS700016: Application with identifier '${client}' was not found.`);
    }
    if (form.get("client_secret") !== SECRET) {
      return refusal("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401);
    }
    const scope = (form.get("scope") ?? "").split(" ").find((each) => each.endsWith("/.default"));
    if (scope === undefined)
      return refusal("invalid_scope", "AADSTS1002012: The scope is not valid: it has no /.default.");
    const { token } = this.#tokens.issue(scope.slice(0, -"/.default".length), PRINCIPAL);
    const { lifetimeSeconds } = this.#tokens;
    return jsonReply(200, {
      token_type: "Bearer",
      expires_in: lifetimeSeconds,
      ext_expires_in: lifetimeSeconds,
      access_token: token,
    });
  }
}

/** An authority for several clouds of one process, since where it is stands in the process's environment. */
export class AuthorityServer implements AsyncDisposable {
  readonly #wire: WireServer;

  static async open(tokens: AccessTokens): Promise<AuthorityServer> {
    const authority = new Authority(tokens);
    const wire: WireServer = await WireServer.open(
      async (request) => authority.answer(request, wire.endpoint) ?? { status: 404 },
      loopbackTls(),
    );
    return new AuthorityServer(wire);
  }

  private constructor(wire: WireServer) {
    this.#wire = wire;
  }

  get endpoint(): string {
    return this.#wire.endpoint;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wire[Symbol.asyncDispose]();
  }
}

/** Variables with which `EnvironmentCredential` gets tokens of the authority there. */
export function credentialVariables(authority: string): Record<string, string> {
  return {
    AZURE_TENANT_ID: TENANT,
    AZURE_CLIENT_ID: CLIENT,
    AZURE_CLIENT_SECRET: SECRET,
    AZURE_AUTHORITY_HOST: authority,
  };
}

function refusal(error: string, description: string, status = 400): WireReply {
  const id = randomUUID();
  return jsonReply(status, {
    error,
    error_description: `${description} Trace ID: ${id} Correlation ID: ${id}`,
    error_codes: [Number(/\d+/u.exec(description)?.[0] ?? 0)],
    timestamp: new Date().toISOString(),
    trace_id: id,
    correlation_id: id,
  });
}
