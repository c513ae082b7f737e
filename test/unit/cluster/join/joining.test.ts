import { X509Certificate } from "node:crypto";

import { expect, test } from "vitest";

import { FakeRelay } from "../../../../packages/simulated-clouds/src/boot/join/fake-relay.ts";
import { handOver } from "../../../../src/cluster/join/authority-in-record.ts";
import { Joining } from "../../../../src/cluster/join/joining.ts";
import type { JoinRequest } from "../../../../src/cluster/join/request.ts";
import { JoinTokens } from "../../../../src/cluster/join/tokens.ts";
import { Lead } from "../../../../src/cluster/lead/lead.ts";
import { NodeTable } from "../../../../src/fleet/node-table.ts";
import { Troubles } from "../../../../src/fleet/troubles.ts";
import type { Machine } from "../../../../src/provider/machine.ts";
import { Security } from "../../../../src/security/security.ts";
import { removeStateDirectory } from "../../../../src/state/state-directory.ts";
import { isolatedState } from "../../../support/local-state.ts";
import { until } from "../../../support/until.ts";
import { worker } from "../machines.ts";
import { asked, MachineKey } from "./asking.ts";
import { linkTo } from "./relay-link.ts";

isolatedState();

const [NAME, ID] = ["lab", "0123456789abcdef"];
const ADDRESS = "10.0.0.7";

function joined(): Security {
  const security = Security.temporary({ delivery: "join" }).forCluster("join");
  security.joining.pin(security.joining.sign("scheduler", new MachineKey().spki, "i-0"));
  return security;
}

type Answer = Awaited<ReturnType<FakeRelay["ask"]>>;

/** A launcher whose scheduler is up. */
class Scene implements AsyncDisposable {
  readonly relay = new FakeRelay();
  readonly nodes = new NodeTable();
  readonly tokens = new JoinTokens({ lifeMs: 600_000 });
  readonly token = Buffer.from(this.tokens.use("worker"), "hex");
  readonly warnings: string[] = [];
  readonly troubles = new Troubles(() => undefined);
  readonly joining: Joining;
  listed: readonly Machine[] = [];
  lists = 0;

  constructor(security = joined()) {
    const capabilities = { pollIntervalMs: 1, listLagMs: 0 };
    const options = { singleNode: false };
    this.joining = new Joining({
      spec: { clusterName: NAME, clusterId: ID, security, tokens: this.tokens, capabilities, options, ports: {} },
      verbs: { list: () => Promise.resolve(this.#list()), verifyIdentity: () => Promise.resolve(undefined) },
      lead: {},
      fleet: () => ({
        machineNamed: (name: string) => this.nodes.named(name),
        hasDestroyed: (id: string) => this.nodes.hasDestroyed(id),
      }),
      scheduler: () => worker("i-0", { role: "scheduler" }),
      link: () => linkTo(this.relay),
      mayAct: () => Promise.resolve(true),
      troubles: this.troubles,
      warn: (message: string) => void this.warnings.push(message),
    } as never);
    this.joining.begin();
  }

  #list(): readonly Machine[] {
    this.lists += 1;
    return this.listed;
  }

  asked(name: string, key = new MachineKey()): JoinRequest {
    return asked({ name, from: ADDRESS }, { key, token: this.token });
  }

  /** What its machine is answered. */
  async ask({ from = "", role, name, spki, mac }: JoinRequest): Promise<Answer> {
    const texts = { spki: spki.toString("base64"), mac: mac.toString("hex"), identity: null };
    return await this.relay.ask({ from, role, name, ...texts });
  }

  /** Asks until the list that has the machine is known. */
  async joins(request: JoinRequest): Promise<void> {
    await until("the certificate", async () => "cert" in (await this.ask(request)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.joining.stop();
    this.relay.end();
  }
}

function listedAs(...names: readonly string[]): readonly Machine[] {
  return names.map((name) => worker(name, { privateAddress: ADDRESS }));
}

test("A machine is given its certificate when a list shows it", async () => {
  await using scene = new Scene();
  const request = scene.asked("i-1");
  expect(await scene.ask(request)).toMatchObject({ wait: 1 });
  scene.listed = listedAs("i-1");
  await scene.joins(request);
});

test("A machine that was removed gets none, though the last list still shows it", async () => {
  await using scene = new Scene();
  scene.listed = listedAs("i-1", "i-2");
  scene.nodes.add([worker("i-1"), worker("i-2")]);
  const request = scene.asked("i-1");
  expect(await scene.ask(request)).toMatchObject({ wait: 1 });
  await scene.joins(scene.asked("i-2"));
  scene.nodes.forget([worker("i-1")]);
  expect(await scene.ask(request)).toMatchObject({ wait: 1 });
});

test("Many machines whose lists are late do not hide one that no list ever shows", async () => {
  await using scene = new Scene();
  const requests = Array.from({ length: 25 }, (_, nth) => scene.asked(`i-${nth + 1}`));
  await Promise.all(requests.map((request) => scene.ask(request)));
  scene.listed = listedAs(...requests.map(({ name }) => name));
  for (const request of requests) await scene.joins(request);
  const lost = scene.asked("packer-debian");
  await until(
    "the warning",
    async () => {
      expect(await scene.ask(lost)).toMatchObject({ wait: 1 });
      return scene.warnings.some((warning) => warning.includes("waits for the certificate of worker packer-debian"));
    },
    10_000,
  );
});

test("A stranger who tries many names is warned of once, and hides no other", async () => {
  await using scene = new Scene();
  for (let nth = 0; nth < 30; nth += 1) {
    const guess = asked({ name: `i-${nth}`, from: "10.0.0.66" });
    expect(await scene.ask(guess)).toHaveProperty("refused");
  }
  await scene.ask(asked({ name: "i-1", from: "10.0.0.67" }));
  expect(scene.warnings).toEqual([
    expect.stringContaining("10.0.0.66 asked for the certificate of worker i-0, and was refused") as string,
    expect.stringContaining("10.0.0.67 asked for the certificate of worker i-1, and was refused") as string,
  ]);
});

test("A stand-by that leads takes the CA's key that was handed over after it had attached", async () => {
  const security = joined();
  const lead = new Lead(NAME, () => undefined);
  await lead.begin({
    version: 2,
    name: NAME,
    id: ID,
    provider: "local",
    createdAt: new Date().toISOString(),
    options: {},
    groups: [{ name: "default", size: 1, minimum: 0, quorum: 1, options: {} }],
    security: security.toRecord(),
    ports: { scheduler: 8786, dashboard: 8787, gate: 8788 },
    providerState: {},
  });
  const follower = Security.fromRecord(security.toRecord());
  await using scene = new Scene(follower);
  scene.listed = listedAs("i-1");
  await scene.joining.takeOver();
  expect(scene.troubles.describe()).toContain("lab cannot add or replace workers");

  expect(await handOver({ spec: { clusterName: NAME, clusterId: ID, security }, lead })).toBe(true);
  await scene.joining.takeOver();
  expect(follower.canGrow).toBe(true);
  const request = scene.asked("i-1");
  let answer: Answer = {};
  await until("the certificate", async () => "cert" in (answer = await scene.ask(request)));
  const ca = new X509Certificate(security.materialFor("client").ca);
  expect(new X509Certificate(String(answer["cert"])).verify(ca.publicKey)).toBe(true);
  await until("the trouble's end", () => scene.troubles.none);
  // The key stays where it is for the launcher after this one.
  expect(follower.toRecord().authority).toBeDefined();
  lead.end();
  await removeStateDirectory(NAME);
});
