import { X509Certificate } from "node:crypto";

import { expect, test } from "vitest";

import { type JoinAnswer, Registrar } from "../../../../src/cluster/join/registrar.ts";
import { JoinTokens } from "../../../../src/cluster/join/tokens.ts";
import type { Capabilities, Machine } from "../../../../src/provider/machine.ts";
import { Security } from "../../../../src/security/security.ts";
import { worker } from "../machines.ts";
import { asked, MachineKey } from "./asking.ts";

class Scene {
  readonly security = Security.temporary({ delivery: "join" }).forCluster("join");
  readonly tokens = new JoinTokens({ lifeMs: 60_000 });
  readonly token = Buffer.from(this.tokens.use("worker"), "hex");
  readonly alarms: string[] = [];
  readonly warnings: string[] = [];
  readonly machines = new Map<string, Machine>([["i-1", worker("i-1", { privateAddress: "10.0.0.7" })]]);
  verify: (document: string, warn?: (warning: string) => void) => Promise<string | undefined> = () =>
    Promise.resolve(undefined);
  readonly registrar: Registrar;

  constructor(identity?: Capabilities["identity"]) {
    const capabilities = { identity } as Capabilities;
    const options = { singleNode: false } as never;
    this.registrar = new Registrar({
      spec: { security: this.security, tokens: this.tokens, capabilities, options },
      provider: { verifyIdentity: async (_machine, { document }, _signal, warn) => await this.verify(document, warn) },
      machineNamed: (name) => this.machines.get(name),
      onAlarm: ({ id }, why) => this.alarms.push(`${id}: ${why}`),
      warn: (message) => this.warnings.push(message),
    });
  }

  async ask(key: MachineKey, more: Parameters<typeof asked>[0] = {}): Promise<JoinAnswer> {
    return await this.registrar.answer(asked(more, { key, token: this.token }), new AbortController().signal);
  }
}

test("A machine's certificate has its key, its role's name and its own", async () => {
  const scene = new Scene();
  const key = new MachineKey();
  const answer = await scene.ask(key);
  const certificate = new X509Certificate("cert" in answer ? answer.cert : "");

  expect(certificate.checkPrivateKey(key.privateKey)).toBe(true);
  expect(certificate.subject).toBe("CN=i-1");
  expect(certificate.subjectAltName).toMatch(/^DNS:worker\.[0-9a-f]+\.dask\.internal$/u);
  const ca = new X509Certificate(scene.security.materialFor("client").ca);
  expect(certificate.verify(ca.publicKey)).toBe(true);
  // The same request gives the same certificate: its answer may have been lost.
  expect(await scene.ask(key)).toEqual(answer);
});

test("A second key for one machine is refused, and one alarm", async () => {
  const scene = new Scene();
  await scene.ask(new MachineKey());
  for (const _ of [1, 2]) {
    expect(await scene.ask(new MachineKey())).toMatchObject({
      refused: expect.stringContaining("a second key") as string,
    });
  }
  expect(scene.alarms).toEqual(["i-1: a second key asks for the certificate of worker i-1"]);
});

test("Another machine under the name of one that is gone has a key of its own, and it is no alarm", async () => {
  const scene = new Scene();
  await scene.ask(new MachineKey());
  scene.machines.set("i-1", worker("i-9", { nodeName: "i-1", privateAddress: "10.0.0.7" }));
  expect(await scene.ask(new MachineKey())).toHaveProperty("cert");
  expect(scene.alarms).toEqual([]);
});

test("Two keys at the same moment: one is signed, and the other is an alarm", async () => {
  const scene = new Scene("ec2");
  scene.verify = async () => await new Promise((resolve) => setTimeout(() => resolve(undefined), 20));
  const answers = await Promise.all(
    [1, 2].map(async () => await scene.ask(new MachineKey(), { identity: "document" })),
  );
  expect(answers.filter((answer) => "cert" in answer)).toHaveLength(1);
  expect(scene.alarms).toHaveLength(1);
});

test("A machine that ends while its document is verified gets none", async () => {
  const scene = new Scene("ec2");
  scene.verify = async () => {
    scene.machines.set("i-1", worker("i-1", { state: "ending", privateAddress: "10.0.0.7" }));
    return await Promise.resolve(undefined);
  };
  expect(await scene.ask(new MachineKey(), { identity: "document" })).toMatchObject({
    refused: "the machine is ending",
  });
});

test("A machine that is not listed yet is asked to wait", async () => {
  const scene = new Scene();
  const key = new MachineKey();
  expect(await scene.ask(key, { name: "i-2" })).toMatchObject({ wait: 1 });
  scene.machines.set("i-2", worker("i-2", { privateAddress: "10.0.0.7" }));
  expect(await scene.ask(key, { name: "i-2" })).toHaveProperty("cert");
});

test("Where its cloud signs a document about a machine, it must be there and good; a provider that cannot tell is asked again", async () => {
  const scene = new Scene("ec2");
  const key = new MachineKey();
  expect(await scene.ask(key)).toMatchObject({
    refused: expect.stringContaining("it shows no identity document") as string,
  });
  scene.verify = () => Promise.resolve("it is of another\nmachine");
  expect(await scene.ask(key, { identity: "stolen" })).toMatchObject({
    refused: "it is of another machine",
  });
  scene.verify = () => Promise.reject(new Error("no network"));
  expect(await scene.ask(key, { identity: "good" })).toMatchObject({ wait: 1, why: "no network" });
  scene.verify = (document) => Promise.resolve(document === "good" ? undefined : "no");
  expect(await scene.ask(key, { identity: "good" })).toHaveProperty("cert");
});

test("A document that a provider accepts unverified causes one warning, in one line", async () => {
  const scene = new Scene("ec2");
  scene.machines.set("i-2", worker("i-2", { privateAddress: "10.0.0.7" }));
  scene.verify = async (_document, warn) => {
    warn?.("no certificate\nfor the region");
    return await Promise.resolve(undefined);
  };
  for (const name of ["i-1", "i-2"]) {
    expect(await scene.ask(new MachineKey(), { name, identity: "unsigned" })).toHaveProperty("cert");
  }
  expect(scene.warnings).toEqual(["no certificate for the region"]);
});
