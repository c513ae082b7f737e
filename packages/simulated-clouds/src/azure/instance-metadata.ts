import type { WireReply, WireRequest } from "../core/http-cloud.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { jsonReply } from "./api-error.ts";
import type { AttestedData } from "./attested-data.ts";
import type { Account } from "./state/account.ts";
import { SUBSCRIPTION } from "./state/shelf.ts";
import type { Vm } from "./state/vm.ts";

/** What `http://169.254.169.254` is on a VM is here `<endpoint>/imds/<name of the VM>`. */
export class InstanceMetadata {
  readonly #tokens: AccessTokens;

  readonly #attested: AttestedData;

  constructor(tokens: AccessTokens, attested: AttestedData) {
    this.#tokens = tokens;
    this.#attested = attested;
  }

  /** The answer, where the request is one of these. */
  answer({ method, url, headers }: WireRequest, account: Account, endpoint: string): WireReply | undefined {
    const { name, rest } = /^\/imds\/(?<name>[^/]+)\/metadata\/(?<rest>.*)$/u.exec(url.pathname)?.groups ?? {};
    if (name === undefined || rest === undefined) return undefined;
    if (method !== "GET" || headers["metadata"] !== "true") {
      return jsonReply(400, { error: "Bad request. Required metadata header not specified" });
    }
    // A powered-off VM sends no requests.
    const vm = account.vms.all.find((each) => each.name === name && each.hasPower);
    if (vm === undefined) return { status: 404 };
    if (rest === "identity/oauth2/token") return this.#token(vm, url.searchParams);
    if (rest === "attested/document") return this.#document(vm, url.searchParams, endpoint);
    if (!rest.startsWith("instance/compute/")) return jsonReply(404, { error: "Not found" });
    return compute(vm, rest.slice("instance/compute/".length), url.searchParams);
  }

  #document(vm: Vm, query: URLSearchParams, endpoint: string): WireReply {
    if (!/^20\d\d-\d\d-\d\d$/u.test(query.get("api-version") ?? "")) return invalid("api-version");
    const document = this.#attested.document(vm, query, endpoint);
    return document === undefined ? invalid("nonce") : jsonReply(200, document);
  }

  #token({ plan }: Vm, query: URLSearchParams): WireReply {
    if (query.get("api-version") !== "2018-02-01") return invalid("api-version");
    const resource = query.get("resource");
    if (resource === null) return invalid("resource");
    const [identity] = Object.keys(plan.identity?.userAssignedIdentities ?? {});
    const isSystem = plan.identity?.type?.includes("SystemAssigned") ?? false;
    if (identity === undefined && !isSystem) {
      return jsonReply(400, { error: "invalid_request", error_description: "Identity not found" });
    }
    const { token, expiresAt } = this.#tokens.issue(resource, identity ?? plan.name);
    return jsonReply(200, {
      access_token: token,
      client_id: "c11e0000-0000-4000-8000-0000000000d1",
      expires_in: String(this.#tokens.lifetimeSeconds),
      expires_on: String(Math.floor(expiresAt / 1000)),
      not_before: String(Math.floor(Date.now() / 1000)),
      resource,
      token_type: "Bearer",
    });
  }
}

function compute(vm: Vm, name: string, query: URLSearchParams): WireReply {
  if (!/^20\d\d-\d\d-\d\d$/u.test(query.get("api-version") ?? "")) return invalid("api-version");
  // A leaf needs `format=text`: the service defaults to JSON, which a leaf is not.
  if (query.get("format") !== "text") return invalid("format");
  const values: Readonly<Record<string, string>> = {
    azEnvironment: "AzurePublicCloud",
    location: vm.location,
    name: vm.name,
    resourceGroupName: vm.group,
    resourceId: vm.id,
    subscriptionId: SUBSCRIPTION,
    vmId: vm.vmId,
    vmScaleSetName: vm.plan.scaleSet?.split("/").at(-1) ?? "",
    vmSize: vm.plan.size.name,
    zone: vm.plan.zone ?? "",
  };
  const body = values[name];
  return body === undefined ? { status: 404 } : { status: 200, headers: { "content-type": "text/plain" }, body };
}

function invalid(what: string): WireReply {
  return jsonReply(400, {
    error: "invalid_request",
    error_description: `Required query variable '${what}' is missing`,
  });
}
