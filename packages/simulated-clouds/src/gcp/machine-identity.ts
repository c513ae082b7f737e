import { type KeyObject, generateKeyPairSync, sign } from "node:crypto";

import type { WireReply, WireRequest } from "../core/http-cloud.ts";
import { ofMachine } from "../identity/path.ts";
import { jsonReply } from "./api-error.ts";
import type { Account } from "./state/account.ts";
import { numberOf } from "./state/identity.ts";
import type { Vm } from "./state/vm.ts";

const KEYS = "/oauth2/v3/certs";
const TOKEN = "/computeMetadata/v1/instance/service-accounts/default/identity";
const FLAVOR = { "metadata-flavor": "Google", server: "Metadata Server for VM" };
const LIFETIME_S = 3600;

/** Google itself. */
let pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | undefined;

/** The identity tokens of VMs, at `<endpoint>/imds/<name of the VM>`, and the keys that they are signed with. */
export class MachineIdentity {
  /** Changes with each rotation: older tokens' ids are then unknown. */
  keyId = "key-1";
  /** How often the keys were asked for. */
  keysAsked = 0;

  /** The answer, where the request is one of these. */
  answer(request: WireRequest, account: Account): WireReply | undefined {
    const { url, headers } = request;
    if (url.pathname === KEYS) {
      this.keysAsked += 1;
      return jsonReply(200, { keys: [this.#publicKey()] });
    }
    const { machine, path } = ofMachine(request) ?? {};
    if (machine === undefined) return undefined;
    if (headers["metadata-flavor"] !== "Google") return { status: 403, headers: FLAVOR };
    const vm = account.vms.all.find(({ name, status }) => name === machine && status === "RUNNING");
    const audience = url.searchParams.get("audience");
    // A VM without a service account has no folder of that name.
    if (vm === undefined || path !== TOKEN || !hasAccount(vm)) return { status: 404, headers: FLAVOR };
    if (audience === null) return { status: 400, headers: FLAVOR, body: "non-empty audience parameter required" };
    const claims = claimsOf(vm, audience);
    // Only `format=full` tells of the machine.
    const { google: _google, ...short } = claims;
    const full = url.searchParams.get("format") === "full";
    return { status: 200, headers: FLAVOR, body: this.token(full ? claims : short) };
  }

  /** The full token of a VM; undefined without a service account. */
  tokenOf(vm: Vm, audience: string): string | undefined {
    return hasAccount(vm) ? this.token(claimsOf(vm, audience)) : undefined;
  }

  /** A token that Google has signed. */
  token(claims: Readonly<Record<string, unknown>>): string {
    const header = { alg: "RS256", kid: this.keyId, typ: "JWT" };
    const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    return `${signed}.${sign("sha256", Buffer.from(signed), keys().privateKey).toString("base64url")}`;
  }

  #publicKey(): Readonly<Record<string, unknown>> {
    return { ...keys().publicKey.export({ format: "jwk" }), kid: this.keyId, alg: "RS256", use: "sig" };
  }
}

/** What Google signs about a VM. */
export function claimsOf({ id, name, plan }: Vm, audience: string): Readonly<Record<string, unknown>> {
  const now = Math.floor(Date.now() / 1000);
  const email = `${numberOf(plan.project)}-compute@developer.gserviceaccount.com`;
  return {
    aud: audience,
    azp: "112233445566778899000",
    email,
    email_verified: true,
    exp: now + LIFETIME_S,
    google: {
      compute_engine: {
        instance_creation_timestamp: now - 60,
        instance_id: id,
        instance_name: name,
        project_id: plan.project,
        project_number: Number(numberOf(plan.project)),
        zone: plan.zone,
      },
    },
    iat: now,
    iss: "https://accounts.google.com",
    sub: "112233445566778899000",
  };
}

function hasAccount({ plan }: Vm): boolean {
  return (plan.input.serviceAccounts ?? []).length > 0;
}

function keys(): NonNullable<typeof pair> {
  pair ??= generateKeyPairSync("rsa", { modulusLength: 2048 });
  return pair;
}
