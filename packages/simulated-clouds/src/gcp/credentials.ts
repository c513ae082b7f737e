import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { WireReply, WireRequest } from "../core/http-cloud.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { jsonReply } from "./api-error.ts";
import { numberOf } from "./state/identity.ts";

const TOKEN_EXCHANGE = "/sts/v1/token";
const METADATA = "/computeMetadata/v1";
const SUBJECT_TOKEN = "a token of another identity provider";
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";

/** Where Google's own discovery finds credentials: the metadata server of a VM, and the exchange of foreign tokens. */
export class CredentialServer {
  /** Every path that was asked for. */
  readonly asked: string[] = [];
  readonly #tokens: AccessTokens;
  readonly #project: string;

  constructor(tokens: AccessTokens, project: string) {
    this.#tokens = tokens;
    this.#project = project;
  }

  /** The answer, where the request is one of these. */
  answer({ method, url, headers, body }: WireRequest): WireReply | undefined {
    const { pathname } = url;
    if (pathname === TOKEN_EXCHANGE && method === "POST") {
      this.asked.push(pathname);
      return this.#exchange(new URLSearchParams(body.toString()));
    }
    if (!pathname.startsWith(METADATA)) return undefined;
    this.asked.push(pathname);
    const flavor = { "metadata-flavor": "Google", server: "Metadata Server for VM" };
    if (headers["metadata-flavor"] !== "Google") {
      return { status: 403, headers: flavor, body: "Missing Metadata-Flavor:Google header." };
    }
    const value = this.#metadata(pathname.slice(METADATA.length).replace(/\/$/u, ""));
    if (value === undefined) return { status: 404, headers: flavor, body: "Not Found" };
    const text = typeof value === "string";
    const type = text ? "application/text" : "application/json";
    return { status: 200, headers: { ...flavor, "content-type": type }, body: text ? value : JSON.stringify(value) };
  }

  #metadata(path: string): unknown {
    const account = "/instance/service-accounts/default";
    switch (path) {
      case "/instance":
        return "attributes/\nhostname\nid\nservice-accounts/\nzone\n";
      case "/universe/universe-domain":
        return "googleapis.com";
      case "/project/project-id":
        return this.#project;
      case "/project/numeric-project-id":
        return numberOf(this.#project);
      case `${account}/token`:
        return { access_token: this.#tokens.issue(), expires_in: this.#tokens.lifetimeSeconds, token_type: "Bearer" };
      case `${account}/email`:
        return `${numberOf(this.#project)}-compute@developer.gserviceaccount.com`;
      case `${account}/scopes`:
        return `${SCOPE}\n`;
      default:
        return undefined;
    }
  }

  #exchange(form: URLSearchParams): WireReply {
    if (form.get("subject_token") !== SUBJECT_TOKEN) {
      return jsonReply(400, { error: "invalid_grant", error_description: "The subject token is not known." });
    }
    return jsonReply(200, {
      access_token: this.#tokens.issue(),
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "Bearer",
      expires_in: this.#tokens.lifetimeSeconds,
    });
  }
}

/**
 * Writes a credential file of the kind `external_account`, for `GOOGLE_APPLICATION_CREDENTIALS`, whose tokens come from the
 * cloud at `endpoint`. Returns its path. (A service account's key would not do: the SDK asks oauth2.googleapis.com for its tokens.)
 */
export async function writeCredentialFile(directory: string, endpoint: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const subject = join(directory, "subject-token.txt");
  const path = join(directory, "credentials.json");
  await writeFile(subject, SUBJECT_TOKEN, { mode: 0o600 });
  const content = {
    type: "external_account",
    audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider",
    subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    token_url: `${endpoint}${TOKEN_EXCHANGE}`,
    credential_source: { file: subject },
  };
  await writeFile(path, JSON.stringify(content), { mode: 0o600 });
  return path;
}
