import { X509Certificate } from "node:crypto";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { CertificateCare } from "../../../src/cluster/certificates/certificate-care.ts";
import { Lead } from "../../../src/cluster/lead/lead.ts";
import { readRecord } from "../../../src/cluster/record.ts";
import { UnknownOperation } from "../../../src/dask/answer.ts";
import type { Request } from "../../../src/dask/comm/comm.ts";
import { Field } from "../../../src/dask/fields.ts";
import { Troubles } from "../../../src/fleet/troubles.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import { Security } from "../../../src/security/security.ts";
import { removeStateDirectory } from "../../../src/state/state-directory.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";

isolatedState();

const DAY_MS = 86_400_000;
const BEGAN = Date.parse("2026-03-01T00:00:00Z");
const at = (days: number): void => void vi.setSystemTime(BEGAN + days * DAY_MS);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: BEGAN });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A scheduler with our agent, as `templates/agent/renewal.py` answers. */
class FakeScheduler {
  readonly asked: Request[] = [];
  shown: X509Certificate;
  worker: X509Certificate | undefined;
  behind = 0;
  /** Fails the next requests. */
  readonly failures: Error[] = [];

  constructor(security: Security) {
    this.shown = new X509Certificate(security.certificates().scheduler);
  }

  async ask(request: Request): Promise<Field> {
    this.asked.push(request);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    if (request.op === "fleet_renew") {
      this.shown = new X509Certificate(String(request["scheduler"]));
      this.worker = new X509Certificate(String(request["worker"]));
    }
    const told = (leaf: X509Certificate): Record<string, unknown> => ({
      serial: leaf.serialNumber,
      notAfter: leaf.validToDate.getTime() / 1000,
    });
    const worker = this.worker === undefined ? null : told(this.worker);
    const counts = { workers: 3, behind: this.behind, mute: 0, troubles: ["refused: why"] };
    return await Promise.resolve(new Field({ scheduler: told(this.shown), worker, ...counts }, request.op));
  }

  count(op: string): number {
    return this.asked.filter((request) => request.op === op).length;
  }
}

interface SceneOptions {
  readonly security?: Security;
  readonly expiresAt?: Date;
  readonly name?: string;
  readonly lead?: Lead;
}

class Scene implements AsyncDisposable {
  readonly security: Security;
  readonly scheduler: FakeScheduler;
  readonly events: ProgressEvent[] = [];
  readonly troubles = new Troubles((event) => this.events.push(event));
  readonly care: CertificateCare;
  leads = true;
  looks = 0;

  constructor({ security = Security.temporary(), expiresAt, name = "never-recorded", lead }: SceneOptions = {}) {
    this.security = security;
    this.scheduler = new FakeScheduler(security);
    const mayAct = async (): Promise<boolean> => {
      this.looks += 1;
      return await Promise.resolve(this.leads);
    };
    this.care = new CertificateCare({
      spec: { clusterName: name, clusterId: "0123456789abcdef", security, expiresAt },
      link: () => ({
        ask: async (request) => await this.scheduler.ask(request),
        open: () => Promise.reject(new Error()),
      }),
      lead: lead ?? { mayAct, update: () => Promise.reject(new Error("there is no record")) },
      troubles: this.troubles,
      emit: (event) => this.events.push(event),
      intervalMs: 5,
    });
    this.care.begin();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.care.stop();
  }
}

/** Waits until the loops have gone round: each asks for the time in every round. */
async function rounds(...scenes: readonly Scene[]): Promise<void> {
  const asked = scenes.map(({ security }) => vi.spyOn(security, "notAfter", "get"));
  await until("the loops", () => asked.every((spy) => spy.mock.calls.length > 2));
  for (const spy of asked) spy.mockRestore();
}

test("Nobody is asked anything before half of the certificates' life is over; then the scheduler, this process and its listeners get new ones", async () => {
  await using scene = new Scene();
  const { security, scheduler, care } = scene;
  const heard: Date[] = [];
  const failing = vi.fn().mockRejectedValueOnce(new Error("the disk is full")).mockResolvedValue(undefined);
  care.onRenewed(failing);
  care.onRenewed(async () => void (await Promise.resolve(heard.push(security.notAfter))));
  at(182);
  await rounds(scene);
  expect([scheduler.asked, scene.looks]).toEqual([[], 0]);

  at(183);
  await until("the failure", () => failing.mock.calls.length === 1);
  await until("the trouble", () => scene.troubles.describe().includes("the disk is full"));
  expect(security.notAfter).toEqual(new Date(BEGAN + (183 + 365) * DAY_MS));
  expect(Object.keys(scheduler.asked[0] ?? {})).toEqual(["op", "scheduler", "worker"]);
  expect(JSON.stringify(scheduler.asked)).not.toContain("PRIVATE KEY");
  at(183.1);
  await until("the listeners", () => heard.length === 1);
  await until("the trouble's end", () => scene.troubles.none);
  expect(scheduler.count("fleet_renew")).toBe(1);

  at(183 + 183);
  await until("the next renewal", () => heard.length === 2);
});

test("A scheduler that refuses, or has no agent, keeps what it has: a trouble says until when, and it is tried again", async () => {
  await using scene = new Scene();
  const { security, scheduler } = scene;
  scheduler.failures.push(new UnknownOperation("fleet_renew"), new Error("not of this server's key"));
  const before = security.notAfter;
  at(200);
  await until("the trouble", () => !scene.troubles.none);
  expect(scene.troubles.describe()).toContain(
    `The certificates could not be renewed; those in force are valid until ${before.toISOString()}.`,
  );
  expect(security.notAfter).toEqual(before);
  at(200.1);
  await until("the second try", () => scheduler.count("fleet_renew") === 2);
  at(200.2);
  await until("the third try", () => scheduler.count("fleet_renew") === 3);
  await until("the trouble's end", () => scene.troubles.none);
  expect(security.notAfter > before).toBe(true);
});

test("A scheduler that was restarted with its first certificate is told again; workers that stay behind are a trouble", async () => {
  await using scene = new Scene();
  const { security, scheduler } = scene;
  const first = scheduler.shown;
  at(183);
  await until("the renewal", () => scheduler.count("fleet_renew") === 1);
  scheduler.shown = first;
  scheduler.worker = undefined;
  at(183.01);
  await until("the same certificates again", () => scheduler.count("fleet_renew") === 2);
  expect(scheduler.shown.toString()).toBe(security.certificates().scheduler);

  scheduler.behind = 2;
  at(183.02);
  await until("a look", () => scheduler.count("fleet_renewal") >= 2);
  at(183.03);
  await until("the trouble", () => !scene.troubles.none);
  expect(scene.troubles.describe()).toContain("2 of 3 workers have not taken the renewed certificate (refused: why)");
  scheduler.behind = 0;
  at(183.04);
  await until("the trouble's end", () => scene.troubles.none);
});

test("A process that takes over after a renewal looks after it, too", async () => {
  const security = Security.temporary({ authority: "record", now: new Date(BEGAN) });
  const first = security.certificates();
  security.adopt(security.renewed(new Date(BEGAN + 183 * DAY_MS)));
  at(184);
  await using scene = new Scene({ security: Security.fromRecord(security.toRecord()) });
  scene.scheduler.shown = new X509Certificate(first.scheduler);
  await until("the same certificates again", () => scene.scheduler.count("fleet_renew") === 1);
  expect(scene.scheduler.shown.toString()).toBe(security.certificates().scheduler);
});

test("The record has the renewed certificates, and a process that attached takes them from there", async () => {
  const security = Security.temporary();
  const [name, id] = ["recorded", "0123456789abcdef"];
  const lead = new Lead(name, () => undefined);
  await lead.begin({
    version: 2,
    name,
    id,
    provider: "local",
    createdAt: new Date().toISOString(),
    options: {},
    groups: [{ name: "default", size: 1, minimum: 0, quorum: 1, options: {} }],
    security: security.toRecord(),
    ports: { scheduler: 1, dashboard: 2, gate: 3 },
    providerState: {},
  });
  const followers = Security.fromRecord(security.toRecord());
  await using leader = new Scene({ security, name, lead });
  await using follower = new Scene({ security: followers, name });
  at(183);
  await until("the record", async () => {
    if (security.notAfter.getTime() < BEGAN + 500 * DAY_MS) return false;
    const record = await readRecord(name);
    return Security.fromRecord(record.security).certificates().client === security.certificates().client;
  });
  expect(security.notAfter).toEqual(new Date(BEGAN + (183 + 365) * DAY_MS));
  at(183.1);
  await until("the follower", () => followers.notAfter.getTime() === security.notAfter.getTime());
  expect(followers.certificates()).toEqual(security.certificates());
  expect([follower.scheduler.asked, leader.scheduler.count("fleet_renew")]).toEqual([[], 1]);
  lead.end();
  await removeStateDirectory(name);
});

test("Only the leader renews, and nothing is renewed that outlasts its cluster, is the caller's own, or has no CA key here", async () => {
  const outlasts = { expiresAt: new Date(BEGAN + 300 * DAY_MS) };
  const { options } = Security.temporary().toRecord();
  const scenes = [
    new Scene(),
    new Scene(outlasts),
    new Scene({ security: new Security(options) }),
    new Scene({ security: Security.fromRecord(Security.temporary().toRecord()) }),
  ];
  for (const scene of scenes) scene.leads = false;
  at(200);
  await rounds(...scenes);
  await until("the follower to look", () => (scenes[0]?.looks ?? 0) > 0);
  for (const scene of scenes) {
    expect([scene.scheduler.asked, scene.events]).toEqual([[], []]);
    await scene.care.stop();
  }
});
