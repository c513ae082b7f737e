import { randomBytes } from "node:crypto";

import type { WireReply } from "../../core/wire.ts";
import { bearer, json, plain, type StoreRequest } from "../answers.ts";

type State = "ENABLED" | "DISABLED" | "DESTROYED";

const ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default/";
const FLAVOR = { "Metadata-Flavor": "Google" };

/** Google's Secret Manager and the metadata service of a Compute Engine instance. */
export class GcpStore {
  /** Whether the instance has a service account. */
  hasAccount = true;
  /** Whether its scopes include `cloud-platform`. */
  hasScope = true;
  /** Secrets that the account may not read: `projects/p/secrets/s`. */
  readonly denied = new Set<string>();
  /** What the identity endpoint signs; set by who verifies it. */
  identityFor: (audience: string) => string = (audience) =>
    `header.${Buffer.from(audience).toString("base64url")}.signature`;
  #token = randomBytes(32).toString("hex");
  readonly #secrets = new Map<string, { readonly data: Buffer; state: State }[]>();

  /** A new version of a secret. */
  put(secret: string, data: string | Buffer): string {
    const versions = this.#secrets.get(secret) ?? [];
    versions.push({ data: Buffer.from(data), state: "ENABLED" });
    this.#secrets.set(secret, versions);
    return `${secret}/versions/${versions.length}`;
  }

  /** Disables or destroys a version. */
  setState(secret: string, version: number, state: State): void {
    const found = this.#secrets.get(secret)?.[version - 1];
    if (found !== undefined) found.state = state;
  }

  /** The token that was given out is good no more. */
  revoke(): void {
    this.#token = randomBytes(32).toString("hex");
  }

  readonly service = (request: StoreRequest): WireReply | undefined => {
    const { host, url } = request;
    if (host === "metadata.google.internal" && url.pathname.startsWith("/computeMetadata/"))
      return this.#metadata(request);
    return host === "secretmanager.googleapis.com" ? this.#access(request) : undefined;
  };

  #metadata({ url, headers }: StoreRequest): WireReply {
    if (headers["metadata-flavor"] !== "Google" || headers["x-forwarded-for"] !== undefined)
      return plain(403, "Forbidden");
    if (!this.hasAccount || !url.pathname.startsWith(ACCOUNT))
      return plain(404, "<!DOCTYPE html><title>Error 404</title>", FLAVOR);
    const path = url.pathname.slice(ACCOUNT.length);
    if (path === "token")
      return json(200, { access_token: this.#token, expires_in: 3599, token_type: "Bearer" }, FLAVOR);
    const audience = url.searchParams.get("audience");
    if (path === "identity" && audience !== null) return plain(200, this.identityFor(audience), FLAVOR);
    return plain(404, "not found", FLAVOR);
  }

  #access(request: StoreRequest): WireReply {
    if (bearer(request) !== this.#token) {
      return error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
    }
    if (!this.hasScope) return error(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.");
    const { name = "", version = "" } =
      /^\/v1\/(?<name>projects\/[^/]+\/secrets\/[^/]+)\/versions\/(?<version>[^/:]+):access$/u.exec(
        request.url.pathname,
      )?.groups ?? {};
    const versions = this.#secrets.get(name);
    const resource = `${name}/versions/${version}`;
    if (this.denied.has(name)) {
      const message = `Permission 'secretmanager.versions.access' denied for resource '${resource}' (or it may not exist).`;
      return error(403, "PERMISSION_DENIED", message);
    }
    const number = version === "latest" ? versions?.length : Number(version);
    const found = versions?.[(number ?? 0) - 1];
    if (found === undefined) return error(404, "NOT_FOUND", `Secret [${name}] not found or has no versions.`);
    if (found.state !== "ENABLED") {
      return error(
        400,
        "FAILED_PRECONDITION",
        `Secret Version [${name}/versions/${number}] is in ${found.state} state.`,
      );
    }
    return json(200, {
      name: `${name}/versions/${number}`,
      payload: { data: found.data.toString("base64"), dataCrc32c: "0" },
    });
  }
}

function error(code: number, status: string, message: string): WireReply {
  return json(code, { error: { code, message, status } });
}
