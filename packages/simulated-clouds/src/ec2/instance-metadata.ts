import { randomBytes } from "node:crypto";

import type { WireReply, WireRequest } from "../core/http-cloud.ts";
import { type Certified, certify, pemOf } from "../identity/certificate.ts";
import { ofMachine } from "../identity/path.ts";
import { signedMessage } from "../identity/signed-message.ts";
import { ACCOUNT_ID, type Account } from "./state/account.ts";
import type { Ec2Instance } from "./state/instance.ts";

const TOKEN = "/latest/api/token";
const DOCUMENT = "/latest/dynamic/instance-identity/document";
const SIGNED = "/latest/dynamic/instance-identity/rsa2048";
/** Where AWS' certificates are. */
const GUIDE = "/regions-certs.html";

/** AWS itself: it has one key for each region. */
const keys = new Map<string, Certified>();

/** What instances learn of themselves, version 2: `<endpoint>/imds/<instance id>`, and the user guide's page with certificates. */
export class InstanceMetadata {
  /** Regions whose certificates the guide has. Undefined: the simulated one's. */
  publishedRegions: readonly string[] | undefined;
  readonly #tokens = new Set<string>();

  /** The answer, where the request is one of these. */
  answer(request: WireRequest, account: Account): WireReply | undefined {
    if (request.url.pathname === GUIDE) return { status: 200, body: this.#guide(account) };
    const { machine, path } = ofMachine(request) ?? {};
    if (machine === undefined) return undefined;
    const instance = account.instances.get(machine);
    if (instance === undefined || instance.state !== "running") return { status: 404 };
    if (path === TOKEN) return this.#token(request);
    if (!this.#tokens.has(request.headers["x-aws-ec2-metadata-token"] ?? "")) return { status: 401 };
    if (path === DOCUMENT) return { status: 200, body: JSON.stringify(documentOf(account.setting.region, instance)) };
    if (path !== SIGNED) return { status: 404 };
    return {
      status: 200,
      body: inLines(signedDocument(account.setting.region, documentOf(account.setting.region, instance))),
    };
  }

  #token({ method, headers }: WireRequest): WireReply {
    if (method !== "PUT") return { status: 405 };
    if (!/^\d+$/u.test(headers["x-aws-ec2-metadata-token-ttl-seconds"] ?? "")) return { status: 400 };
    const token = randomBytes(16).toString("base64");
    this.#tokens.add(token);
    return { status: 200, body: token };
  }

  #guide({ setting: { region } }: Account): string {
    const parts = (this.publishedRegions ?? [region]).map(
      (name) => `<section id="${name}-cert"><pre>${pemOf(keyOf(name).certificate)}</pre></section>`,
    );
    return `<html><body>${parts.join("\n")}</body></html>`;
  }
}

/** What AWS signs about an instance. */
export function documentOf(region: string, instance: Ec2Instance): Readonly<Record<string, unknown>> {
  const { id, zone, plan, networkInterface } = instance;
  return {
    accountId: ACCOUNT_ID,
    architecture: plan.image.architecture,
    availabilityZone: zone,
    imageId: plan.image.id,
    instanceId: id,
    instanceType: plan.type.name,
    // Clocks of machines are not the simulation's.
    pendingTime: new Date().toISOString().replace(/\.\d+Z$/u, "Z"),
    privateIp: networkInterface.privateAddress,
    region,
    version: "2017-09-30",
  };
}

/** What AWS gives for `rsa2048`: without the certificate. */
export function signedDocument(region: string, document: Readonly<Record<string, unknown>>): string {
  return signedMessage(JSON.stringify(document, undefined, 2), keyOf(region), []);
}

function keyOf(region: string): Certified {
  const key = keys.get(region) ?? certify({ commonName: `${region}.ec2.simulated` });
  keys.set(region, key);
  return key;
}

function inLines(base64: string): string {
  return (base64.match(/.{1,64}/gu) ?? []).join("\n");
}
