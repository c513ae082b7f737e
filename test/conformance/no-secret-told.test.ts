import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";

import type { WireRequest } from "@dask-fleet/simulated-clouds";
import { SimulatedAzure } from "@dask-fleet/simulated-clouds/azure";
import { SimulatedDigitalOcean } from "@dask-fleet/simulated-clouds/digitalocean";
import { SimulatedEc2 } from "@dask-fleet/simulated-clouds/ec2";
import { SimulatedGcp } from "@dask-fleet/simulated-clouds/gcp";
import { SimulatedOci } from "@dask-fleet/simulated-clouds/oci";
import { describe, expect, test } from "vitest";

import type { NodeSpec } from "../../src/bootstrap/node-spec.ts";
import { buildUserData } from "../../src/bootstrap/user-data.ts";
import type { JoinTls } from "../../src/security/node-tls.ts";
import { Security } from "../../src/security/security.ts";
import { SecretJudge } from "../support/no-secret-told/judge.ts";
import { takeTold } from "../support/no-secret-told/told-in-tests.ts";
import { fakeSpec } from "../unit/bootstrap/fake-spec.ts";

const security = Security.temporary();
const TOKENS = { scheduler: "5c".repeat(32), worker: "3a".repeat(32) };

function judge(mayCarryKeys = false): SecretJudge {
  return new SecretJudge({ mayCarryKeys: () => mayCarryKeys });
}

function request(parts: Partial<Pick<WireRequest, "headers" | "body">> & { readonly path?: string }): WireRequest {
  const { path = "/", headers = {}, body = Buffer.alloc(0) } = parts;
  return { method: "POST", url: new URL(path, "http://127.0.0.1"), headers, body };
}

function joining(role: "scheduler" | "worker", more: Partial<NodeSpec> = {}): Buffer {
  const { ca } = security.materialFor(role);
  const tls: JoinTls = { delivery: "join", ca, id: "1a2b", token: TOKENS[role] };
  return userData(fakeSpec(role, { security: tls, ...more }));
}

function userData(spec: NodeSpec): Buffer {
  return Buffer.from(buildUserData(spec, { limitBytes: 65_536, gzip: true, where: "a cloud" }).bytes);
}

/** As clouds are sent user data. */
const WIRES: Readonly<Record<string, (userData: Buffer) => WireRequest>> = {
  "JSON with text": (userData) =>
    request({ body: Buffer.from(JSON.stringify({ user_data: gunzipSync(userData).toString() })) }),
  "EC2's form": (userData) => {
    const form = new URLSearchParams({ Action: "RunInstances", UserData: userData.toString("base64") });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return request({ headers, body: Buffer.from(form.toString()) });
  },
  "JSON with base64": (userData) =>
    request({ body: Buffer.from(JSON.stringify({ properties: { customData: userData.toString("base64") } })) }),
};

describe("User data", () => {
  test.each(Object.entries(WIRES))("of machines that join has no secret of another in %s", (_, wire) => {
    const found = judge();
    found.hear(wire(joining("scheduler")), "a cloud");
    found.hear(wire(joining("worker")), "a cloud");
    expect(found.take()).toEqual([]);
  });

  test.each(Object.entries(WIRES))("with keys is found in %s, unless its cluster may carry them", (_, wire) => {
    const spec = fakeSpec("worker", { security: security.materialFor("worker") });
    const withKey = wire(userData(spec));
    const strict = judge();
    strict.hear(withKey, "a cloud");
    expect(strict.take()[0]).toMatch(/user data for the worker of quiet-owl-7c1f: a private key \(PEM\)$/u);
    const lenient = judge(true);
    lenient.hear(withKey, "a cloud");
    expect(lenient.take()).toEqual([]);
  });

  test("is known by its cluster's name where its files are packed one by one", () => {
    const spec = fakeSpec("worker", { security: security.materialFor("worker") });
    const { bytes } = buildUserData(spec, { limitBytes: 65_536, gzip: false, where: "a cloud" });
    const named: string[] = [];
    const found = new SecretJudge({ mayCarryKeys: (name) => named.push(name) > 0 });
    found.look(Buffer.from(bytes), "here");
    expect([found.take(), new Set(named)]).toEqual([[], new Set(["quiet-owl-7c1f"])]);
  });

  test("may have keys in the folders of TLS alone", () => {
    const envVars = { SSH: security.materialFor("client").key };
    const spec = fakeSpec("worker", { security: security.materialFor("worker"), envVars });
    const found = judge(true);
    found.look(userData(spec), "here");
    expect(found.take()[0]).toMatch(/user data for the worker .*: a private key \(PEM\)$/u);
  });

  test("with the token of another role is found", () => {
    const found = judge();
    found.look(joining("scheduler"), "here");
    found.look(joining("worker", { envVars: { LEAK: TOKENS.scheduler } }), "here");
    expect(found.take()).toEqual([
      expect.stringContaining("the token of the scheduler of quiet-owl-7c1f, for the worker"),
    ]);
  });
});

const EC = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const RSA = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const ED = generateKeyPairSync("ed25519").privateKey;

const der = (key: KeyObject, type: "pkcs1" | "pkcs8" | "sec1"): Buffer =>
  key.export({ format: "der", type } as { readonly format: "der"; readonly type: "pkcs8" });
const pem = (key: KeyObject): string => key.export({ format: "pem", type: "pkcs8" }).toString();

const KEYS: Readonly<Record<string, Buffer>> = {
  "a PEM": Buffer.from(pem(EC)),
  "a PEM, encrypted": Buffer.from(
    EC.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" }).toString(),
  ),
  "PKCS#8 of EC": der(EC, "pkcs8"),
  "PKCS#8 of RSA": der(RSA, "pkcs8"),
  "PKCS#8 of Ed25519": der(ED, "pkcs8"),
  "SEC1 of EC": der(EC, "sec1"),
  "PKCS#1 of RSA": der(RSA, "pkcs1"),
  "a JWK": Buffer.from(JSON.stringify(EC.export({ format: "jwk" }))),
};

const PACKED: Readonly<Record<string, (key: Buffer) => Buffer>> = {
  itself: (key) => key,
  base64: (key) => Buffer.from(key.toString("base64")),
  base64url: (key) => Buffer.from(key.toString("base64url")),
  "base64 in lines, indented": (key) =>
    Buffer.from(`content: |\n${key.toString("base64").replaceAll(/.{1,60}/gu, "      $&\n")}`),
  "base64 behind a letter": (key) => Buffer.from(`k${key.toString("base64")}`),
  hex: (key) => Buffer.from(`key ${key.toString("hex")}`),
  "hex with colons": (key) => Buffer.from(key.toString("hex").replaceAll(/..(?=.)/gu, "$&:")),
  gzip: (key) => gzipSync(key),
  "base64 of gzip of base64": (key) => Buffer.from(gzipSync(key.toString("base64")).toString("base64")),
  "percent codes": (key) => Buffer.from(Array.from(key, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("")),
  "a string of JSON in JSON": (key) =>
    Buffer.from(JSON.stringify({ a: JSON.stringify({ b: key.toString("latin1") }) }), "latin1"),
};

describe("A private key", () => {
  const kinds = Object.keys(KEYS).flatMap((kind) => Object.keys(PACKED).map((packing) => [kind, packing] as const));

  test.each(kinds)("as %s in %s is found", (kind, packing) => {
    const found = judge(true);
    found.look(PACKED[packing]?.(KEYS[kind] ?? Buffer.alloc(0)) ?? Buffer.alloc(0), "here");
    expect(found.take()).toContainEqual(expect.stringMatching(/^here.*: a private key/u));
  });

  const base64 = der(EC, "pkcs8").toString("base64");
  const places: Readonly<Record<string, WireRequest>> = {
    "the path": request({ path: `/v1/${encodeURIComponent(base64)}` }),
    "the query": request({ path: `/?tag=${encodeURIComponent(pem(EC))}` }),
    "a header": request({ headers: { "x-tag": base64 } }),
    "a tag in JSON": request({ body: Buffer.from(JSON.stringify({ tags: [{ key: "k", value: pem(EC) }] })) }),
    "the name of a tag": request({ body: Buffer.from(JSON.stringify({ tags: { [base64]: "" } })) }),
    "metadata of base64": request({ body: Buffer.from(JSON.stringify({ items: [{ value: base64 }] })) }),
    "a field of a form": request({
      headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
      body: Buffer.from(new URLSearchParams({ "TagSpecification.1.Tag.1.Value": pem(EC) }).toString()),
    }),
    "anything else": request({ body: Buffer.from(`<xml>${base64}</xml>`) }),
  };
  test.each(Object.entries(places))("in %s is found", (_, told) => {
    const found = judge(true);
    found.hear(told, "a cloud");
    expect(found.take()).toContainEqual(expect.stringMatching(/^a cloud POST \/.*: a private key/u));
  });

  test("is none of certificates, public keys, signatures and hashes", () => {
    const found = judge();
    const { ca, cert } = security.materialFor("worker");
    const spki = createPrivateKey(pem(RSA)).export({ format: "jwk" });
    const hash = createHash("sha512").update(cert).digest();
    const harmless = [
      ca,
      cert,
      JSON.stringify({ n: spki.n, e: spki.e }),
      hash.toString("hex"),
      hash.toString("base64"),
    ];
    for (const text of harmless) found.look(Buffer.from(text), "here");
    expect(found.take()).toEqual([]);
  });
});

test("Every simulated cloud is listened to in every test", async () => {
  const key = encodeURIComponent(der(EC, "pkcs8").toString("base64"));
  const kinds = [SimulatedAzure, SimulatedDigitalOcean, SimulatedEc2, SimulatedGcp, SimulatedOci];
  const cloudsHere = kinds.map((Kind) => new Kind());
  for (const cloud of cloudsHere) {
    await using started = await cloud.start();
    await fetch(`${started.endpoint}/checkip?tag=${key}`);
    const { name } = cloud.constructor;
    const told = new RegExp(`^${name} GET /checkip: the URL › .*base64: a private key \\(PKCS#8 EC\\)$`, "u");
    expect(takeTold()).toContainEqual(expect.stringMatching(told));
  }
});

describe("A secret value", () => {
  test.each(Object.entries(PACKED))("in %s is found", (packing, pack) => {
    const secret = "pässwörd-of-the-registry-which-nobody-may-learn";
    const found = judge(true);
    found.mustStaySecret("the registry's password", secret);
    found.look(pack(Buffer.from(`DOCKER_PASSWORD=${secret}`)), packing);
    expect(found.take()).toContainEqual(expect.stringContaining("the registry's password"));
  });
});
