import { randomBytes } from "node:crypto";

import type { WireReply } from "../../core/wire.ts";
import { bearer, json, type StoreRequest } from "../answers.ts";

interface AzureVersion {
  readonly value: string;
  readonly contentType: string | undefined;
  readonly id: string;
}

/** How Key Vault says no: codes of `innererror`. */
export type AzureDenial = "ForbiddenByRbac" | "AccessDenied" | "ForbiddenByFirewall" | "SecretDisabled";

const WORDS: Readonly<Record<AzureDenial, string>> = {
  ForbiddenByRbac:
    "Caller is not authorized to perform action on resource.\r\nAction: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'",
  AccessDenied: "The user, group or application does not have secrets get permission on key vault",
  ForbiddenByFirewall: "Client address is not authorized and caller is not a trusted service.",
  SecretDisabled: "Operation get is not allowed on a disabled secret.",
};

/** Azure's Key Vault, in the public cloud, and the metadata service of a VM. */
export class AzureStore {
  /** The VM's managed identities. */
  identities = 1;
  readonly denials = new Map<string, AzureDenial>();
  /** Set by who verifies them; default: any. */
  readonly #tokens = new Map<string, string>();
  readonly #secrets = new Map<string, AzureVersion[]>();
  readonly #deleted = new Set<string>();

  /** A new version of `VAULT/NAME`, whose id it returns. */
  put(secret: string, value: string, contentType?: string): string {
    const id = randomBytes(16).toString("hex");
    this.#secrets.set(secret, [...(this.#secrets.get(secret) ?? []), { value, contentType, id }]);
    return id;
  }

  softDelete(secret: string): void {
    this.#deleted.add(secret);
  }

  /** Whether a token was given out for a resource. */
  knows(token: string | undefined, resource: string): boolean {
    return token !== undefined && this.#tokens.get(token) === resource;
  }

  readonly service = (request: StoreRequest): WireReply | undefined => {
    if (request.host === "169.254.169.254" && request.url.pathname.startsWith("/metadata/"))
      return this.#metadata(request);
    const vault = /^(?<vault>[a-z0-9-]+)\.vault\.azure\.net$/u.exec(request.host)?.groups?.["vault"];
    return vault === undefined ? undefined : this.#vault(request, vault);
  };

  #metadata({ url, headers }: StoreRequest): WireReply {
    if (headers["metadata"] !== "true" || headers["x-forwarded-for"] !== undefined) {
      return json(400, { error: "Bad request. Required metadata header not specified" });
    }
    if (url.pathname === "/metadata/instance/compute") {
      return json(200, { subscriptionId: "sub-1", resourceGroupName: "lab", name: "node-1", vmScaleSetName: "" });
    }
    const resource = url.searchParams.get("resource");
    if (url.pathname !== "/metadata/identity/oauth2/token" || resource === null)
      return json(404, { error: "Not found" });
    if (this.identities === 0) return json(400, { error: "invalid_request", error_description: "Identity not found" });
    if (this.identities > 1) {
      const description =
        "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request";
      return json(400, { error: "invalid_request", error_description: description });
    }
    const token = randomBytes(40).toString("base64url");
    this.#tokens.set(token, resource);
    return json(200, { access_token: token, expires_in: "86400", resource, token_type: "Bearer" });
  }

  #vault(request: StoreRequest, vault: string): WireReply {
    if (!this.knows(bearer(request), "https://vault.azure.net")) {
      return json(401, {
        error: { code: "Unauthorized", message: "AKV10000: Request is missing a Bearer or PoP token." },
      });
    }
    if (!/^\d+\.\d+$/u.test(request.url.searchParams.get("api-version") ?? "")) {
      return json(400, { error: { code: "BadParameter", message: "api-version must be specified" } });
    }
    const [, , name = "", version] = request.url.pathname.split("/");
    const secret = `${vault}/${name}`;
    const denial = this.denials.get(secret);
    if (denial !== undefined) {
      return json(403, { error: { code: "Forbidden", message: WORDS[denial], innererror: { code: denial } } });
    }
    const versions = this.#secrets.get(secret);
    const found = version === undefined ? versions?.at(-1) : versions?.find(({ id }) => id === version);
    if (found === undefined || this.#deleted.has(secret)) {
      const state = this.#deleted.has(secret)
        ? "is currently in a deleted but recoverable state, and its name cannot be reused"
        : "was not found in this key vault";
      return json(404, { error: { code: "SecretNotFound", message: `A secret with (name/id) ${name} ${state}.` } });
    }
    const { value, contentType, id } = found;
    return json(200, {
      value,
      contentType,
      id: `https://${request.host}/secrets/${name}/${id}`,
      attributes: { enabled: true },
    });
  }
}
