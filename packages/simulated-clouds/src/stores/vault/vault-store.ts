import { randomBytes } from "node:crypto";

import type { WireReply } from "../../core/wire.ts";
import type { StoreRequest } from "../answers.ts";
import { json, members } from "../answers.ts";
import type { AwsStores } from "../aws/aws-stores.ts";
import type { AzureStore } from "../azure/azure-store.ts";

/** Where the simulated Vault is. */
export const VAULT_HOST = "vault.example.com:8200";

/** HashiCorp's Vault with a KV of either version, and logins by AWS, Google and Azure. */
export class VaultStore {
  sealed = false;
  /** Roles that may log in. */
  readonly roles = new Set(["dask"]);
  /** Paths below `/v1/` that their policies do not allow. */
  readonly denied = new Set<string>();
  /** The namespace of everything. */
  namespace: string | undefined;
  readonly #aws: AwsStores;
  readonly #azure: AzureStore;
  readonly #tokens = new Set<string>();
  readonly #secrets = new Map<string, Readonly<Record<string, unknown>>>();
  readonly #deleted = new Set<string>();

  constructor(aws: AwsStores, azure: AzureStore) {
    this.#aws = aws;
    this.#azure = azure;
  }

  /** @param path below `/v1/`; where its second part is `data`, the KV is of version 2 */
  put(path: string, data: Readonly<Record<string, unknown>>): string {
    this.#secrets.set(path, data);
    return `https://${VAULT_HOST}/v1/${path}`;
  }

  /** Deletes the present version of a secret of KV version 2. */
  deleteVersion(path: string): void {
    this.#deleted.add(path);
  }

  /** How many tokens are good still. */
  get tokens(): number {
    return this.#tokens.size;
  }

  readonly service = (request: StoreRequest): WireReply | undefined => {
    if (request.host !== VAULT_HOST) return undefined;
    if (this.sealed) return refused(503, "Vault is sealed");
    if (request.headers["x-vault-namespace"] !== this.namespace)
      return refused(404, "no handler for route. route entry not found.");
    const path = request.url.pathname.slice("/v1/".length);
    const way = /^auth\/(?<way>[a-z-]+)\/login$/u.exec(path)?.groups?.["way"];
    if (way !== undefined) return this.#login(way, request);
    const token = request.headers["x-vault-token"] ?? "";
    if (!this.#tokens.has(token)) return refused(403, "permission denied");
    if (path === "auth/token/revoke-self") {
      this.#tokens.delete(token);
      return { status: 204 };
    }
    return this.#read(path);
  };

  #login(way: string, request: StoreRequest): WireReply {
    const proof = members(request);
    if (!this.roles.has(String(proof["role"])))
      return refused(400, `entry for role "${String(proof["role"])}" not found`);
    if (!this.#isProven(way, proof)) return refused(403, "permission denied");
    const token = `hvs.${randomBytes(30).toString("base64url")}`;
    this.#tokens.add(token);
    return json(200, { auth: { client_token: token, lease_duration: 3600 } });
  }

  #isProven(way: string, proof: Readonly<Record<string, unknown>>): boolean {
    if (way === "aws") return this.#aws.knowsCaller(proof);
    if (way === "gcp")
      return proof["jwt"] === `header.${Buffer.from("http://vault/dask").toString("base64url")}.signature`;
    if (way !== "azure") return false;
    return this.#azure.knows(String(proof["jwt"]), "https://management.azure.com/") && proof["vm_name"] === "node-1";
  }

  #read(path: string): WireReply {
    if (this.denied.has(path)) return refused(403, "1 error occurred:\n\t* permission denied\n\n");
    const data = this.#secrets.get(path);
    if (data === undefined) return json(404, { errors: [] });
    if (path.split("/")[1] !== "data") return json(200, { data });
    const deleted = this.#deleted.has(path);
    const metadata = { version: 1, destroyed: false, deletion_time: deleted ? "2026-01-01T00:00:00Z" : "" };
    return json(deleted ? 404 : 200, { data: { data: deleted ? null : data, metadata } });
  }
}

function refused(status: number, error: string): WireReply {
  return json(status, { errors: [error] });
}
