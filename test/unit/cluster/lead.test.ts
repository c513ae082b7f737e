import { mkdirSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { groupsOf } from "../../../src/cluster/groups.ts";
import { Lead } from "../../../src/cluster/lead/lead.ts";
import { readRecord, stateOf } from "../../../src/cluster/record.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import { findLease, releaseLease } from "../../../src/state/lease-files.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

const USURPER = { id: "usurper", pid: 4711, host: "elsewhere", bootId: "another" };

/** As another computer sees a leader that has been silent for long. */
function takeLeadOf(cluster: FakeCluster): void {
  mkdirSync(join(cluster.stateDirectory, "lead.2"), { mode: 0o700 });
  const holder = join(cluster.stateDirectory, "lead.2/holder.json");
  writeFileSync(holder, `${JSON.stringify({ holder: USURPER })}\n`, { mode: 0o600 });
}

async function started(cloud: FakeCloud): Promise<{ cluster: FakeCluster; told: (type: string) => readonly string[] }> {
  const cluster = new FakeCluster({ cloud, name: "led", nWorkers: 2, lostWorkerTimeoutMs: 1 });
  const events: ProgressEvent[] = [];
  cluster.onProgress((event) => events.push(event));
  await cluster.start();
  const told = (type: string): readonly string[] =>
    events.flatMap((event) => (event.type === type && "message" in event ? event.message : []));
  return { cluster, told };
}

/** The time in which a leader checks its lease several times. */
async function severalLooks(cloud: FakeCloud): Promise<void> {
  const looks = cloud.calls.length;
  await until("more looks", () => cloud.calls.length > looks + 6);
}

test("A leader that loses its lease stops creating and destroying, reports it once, and leads again when the lease is free", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster, told } = await started(cloud);
  takeLeadOf(cluster);
  await until("it to be told", () => told("warning").length > 0);
  cloud.kill("m2");
  const changes = (): number => cloud.calls.filter((verb) => verb === "create" || verb === "destroy").length;
  const before = changes();
  await severalLooks(cloud);
  expect([changes() - before, told("warning")]).toEqual([
    0,
    [
      "This process no longer looks after led: Process 4711 on elsewhere has taken the lead, because this one sent no heartbeat for long. It can still be used and closed from here.",
    ],
  ]);
  expect(cluster.describe()).toContain("no longer looks after led");

  const lease = await findLease(cluster.stateDirectory);
  await releaseLease(cluster.stateDirectory, lease?.number ?? 0, USURPER);
  await until("another worker", () => cloud.workers.length === 2);
  expect(cluster.describe()).not.toContain("no longer looks after led");
  await cluster.close();
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A lease lost during a pass stops the pass before its next step", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster } = await started(cloud);
  let isTaken = false;
  cloud.fault = (verb) => {
    if (verb === "destroy" && !isTaken) takeLeadOf(cluster);
    isTaken ||= verb === "destroy";
    return undefined;
  };
  cloud.kill("m2");
  await until("the step", () => isTaken);
  await severalLooks(cloud);
  expect(cloud.tokens).toHaveLength(2);
  await cluster.close();
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A start whose record is removed by another process ends and rolls back", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = new FakeCluster({ cloud, name: "led", nWorkers: 2 });
  let isRemoved = false;
  cloud.fault = (verb) => {
    if (verb === "prepare") {
      void rm(cluster.stateDirectory, { recursive: true }).then(() => (isRemoved = true));
      return "deaf";
    }
    return undefined;
  };
  const ended = cluster.start().catch((error: unknown) => error);
  await until("it to be gone", () => isRemoved);
  cloud.wakeUp();
  expect(await ended).toMatchObject({ message: expect.stringContaining("has removed") });
  expect([cloud.empty, cloud.tokens, await files()]).toEqual([true, [], []]);
});

test("A follower that acts while there is no leader takes over, and reports it", async () => {
  const record = { version: 2, name: "led", provider: "fake", createdAt: "", options: {}, providerState: {} } as const;
  const groups = groupsOf({ nWorkers: 0 });
  const whole = { ...record, groups, ports: { scheduler: 1, dashboard: 2, gate: 3 } };
  const taken: string[] = [];
  const [first, second] = ["first", "second"].map((who) => new Lead("led", () => taken.push(who)));
  await first?.begin(whole);
  await second?.want(await readRecord("led"));
  expect([await first?.mayAct(), await second?.mayAct(), taken]).toEqual([true, false, []]);
  await first?.giveUp();
  expect([await second?.mayAct(), await first?.mayAct(), taken]).toEqual([true, false, ["second"]]);
  await stateOf("led").remove();
  expect([await second?.mayAct(), second?.lost]).toEqual([false, expect.stringContaining("has removed its record")]);
});

test("A leader whose lease is removed reports it before it leads again", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster, told } = await started(cloud);
  await rm(join(cluster.stateDirectory, "lead.1"), { recursive: true });
  await until("it to be told", () => told("warning").length > 0);
  expect(told("warning")).toEqual([expect.stringContaining("is gone or damaged")]);
  await until("the trouble to be over", () => told("trouble").length === 2);
  expect(await findLease(cluster.stateDirectory)).toMatchObject({ number: 1, holder: { pid: process.pid } });
  await cluster.close();
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A leader that steps down frees the lease immediately", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster } = await started(cloud);
  const leaders = async (): Promise<unknown> =>
    (await FakeCluster.list({ cloud })).map(({ launcher }) => launcher?.pid);
  expect(await leaders()).toEqual([process.pid]);
  await cluster.detach();
  expect(await leaders()).toEqual([undefined]);
  await FakeCluster.remove("led", { cloud });
  expect([cloud.empty, await files()]).toEqual([true, []]);
});
