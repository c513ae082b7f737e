import { performance } from "node:perf_hooks";

import { beforeEach, expect, test, vi } from "vitest";

import { DaskFleetError } from "../../../src/errors.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import { sleep } from "../../../src/wait.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "../cluster/fake-cloud.ts";
import { FakeCluster, type FakeOptions, ownStateDirectory } from "../cluster/fake-cluster.ts";

ownStateDirectory();

/** The launcher's clock, not its timers: ten minutes take six seconds. */
const SPEED = 100;
const MINUTE = 60_000;

beforeEach(() => {
  const now = performance.now.bind(performance);
  const began = now();
  vi.spyOn(performance, "now").mockImplementation(() => began + (now() - began) * SPEED);
});

/** Waits for up to a minute of real time. */
async function eventually(what: string, holds: () => boolean): Promise<void> {
  await until(what, holds, MINUTE * SPEED);
}

async function started(
  options: FakeOptions,
): Promise<{ cluster: FakeCluster; events: ProgressEvent[]; troubles: () => readonly string[] }> {
  const cluster = new FakeCluster({ startTimeoutMs: 10 * MINUTE, closeTimeoutMs: 10 * MINUTE, ...options });
  const events: ProgressEvent[] = [];
  cluster.onProgress((event) => events.push(event));
  await cluster.start();
  const troubles = (): readonly string[] =>
    events.flatMap((event) =>
      event.type === "trouble" && event.change !== "lasts" ? [`${event.kind} ${event.change}`] : [],
    );
  return { cluster, events, troubles };
}

test.each([
  new DaskFleetError("CAPACITY_UNAVAILABLE", "No room today"),
  new DaskFleetError("AUTH_FAILED", "No room today", { meaning: "permission" }),
])(
  "$code for a minute in a running cluster: a lost machine is replaced, and the trouble is reported from beginning to end",
  async (refusal) => {
    await using cloud = await FakeCloud.open();
    const { cluster, events, troubles } = await started({ cloud, nWorkers: 2 });
    await using _ = cluster;
    const before = cloud.calls.filter((verb) => verb === "create").length;
    cloud.fault = (verb) => (verb === "create" ? refusal : undefined);
    const [victim] = cloud.workers;
    cloud.kill(victim?.id ?? "");
    await eventually("many refusals", () => cloud.calls.filter((verb) => verb === "create").length > before + 6);
    expect(troubles()).toEqual(["creation began"]);
    expect(events).toContainEqual({ type: "warning", message: expect.stringContaining("No room today") });
    expect(cluster.describe()).toMatch(/^running: 1 of 2 workers joined, 1 machine; since \d{4}-.*No room today/);
    cloud.fault = () => undefined;
    await eventually("the replacement", () => cloud.dask.workers.size === 2);
    await eventually("the end of the trouble", () => troubles().length === 2);
    expect(troubles()).toEqual(["creation began", "creation ended"]);
    await eventually("all well", () => cluster.describe() === "running: 2 of 2 workers joined, 2 machines");
    expect(cloud.peak).toBe(2);
  },
);

test("A start without capacity for a minute succeeds once there is capacity", async () => {
  await using cloud = await FakeCloud.open();
  cloud.capacity = 1;
  const cluster = new FakeCluster({ cloud, nWorkers: 3, startTimeoutMs: 10 * MINUTE, closeTimeoutMs: 10 * MINUTE });
  await using _ = cluster;
  const began = performance.now();
  const start = cluster.start();
  start.catch(() => undefined);
  await eventually("a minute", () => performance.now() - began > MINUTE);
  cloud.capacity = 3;
  await start;
  expect(await cluster.workers()).toHaveLength(3);
});

test("A scale() without capacity ends by its deadline with the cloud's reason, and the cluster keeps trying", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster } = await started({ cloud, nWorkers: 1 });
  await using _ = cluster;
  cloud.capacity = 1;
  await expect(cluster.scale(2, { timeoutMs: MINUTE })).rejects.toMatchObject({
    code: "CAPACITY_UNAVAILABLE",
    meaning: "capacity",
    message: expect.stringMatching(/^Timed out after 60 s waiting for 2 workers.*\n.*none today/),
  });
  cloud.capacity = 2;
  await eventually("the second worker", () => cloud.dask.workers.size === 2);
});

test("Workers that die just after they joined are replaced slowly: it is reported, and few are created in ten minutes", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster, events, troubles } = await started({ cloud, nWorkers: 2 });
  await using _ = cluster;
  const began = performance.now();
  while (performance.now() - began < 10 * MINUTE) {
    for (const { id } of cloud.workers) if (cloud.dask.workers.has(id)) cloud.kill(id);
    await sleep(10);
  }
  expect(events.filter((event) => event.type === "machine" && event.change === "created").length).toBeLessThanOrEqual(
    10,
  );
  expect(troubles()[0]).toBe("brief-lives began");
  expect(cluster.describe()).toMatch(/lost soon after their creation.*machine has stopped/s);
  const { length } = cloud.workers;
  const scaled = cluster.scale(2);
  await eventually("machines at once, since somebody asked", () => cloud.workers.length > length);
  await scaled;
});

test("A machine that reports a permanent failure ends a start immediately, with its reason and without a replacement", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const cluster = new FakeCluster({ cloud, nWorkers: 1, startTimeoutMs: 10 * MINUTE, closeTimeoutMs: 10 * MINUTE });
  cloud.console = () => hopeless(cluster.name);
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(/could not start \(status 78\)[^]*No such option: --frobnicate/),
  });
  expect([cloud.tokens.length, cloud.empty]).toEqual([2, true]);
});

test("A stopped machine with that marker ends it too: local machines, and clouds without a shutdown delay", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const cluster = new FakeCluster({ cloud, nWorkers: 1, startTimeoutMs: 10 * MINUTE, closeTimeoutMs: 10 * MINUTE });
  const warnings: string[] = [];
  cluster.onProgress((event) => {
    if (event.type === "machine" && event.change === "created") cloud.kill(event.id);
    if (event.type === "warning") warnings.push(event.message);
  });
  cloud.console = () =>
    "dask-fleet: there is no docker on this machine\ndask-fleet: another machine would fail in the same way\n";
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(/the machine has stopped\.[^]*there is no docker/),
  });
  // The error contains everything.
  expect([cloud.tokens.length, cloud.empty, warnings]).toEqual([2, true, []]);
});

test("A machine that reports it in a running cluster pauses its replacement, with an event", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster, troubles } = await started({ cloud, nWorkers: 1 });
  await using _ = cluster;
  cloud.dud = () => true;
  cloud.console = () => hopeless(cluster.name);
  cloud.kill(cloud.workers[0]?.id ?? "");
  await eventually("the trouble", () => troubles().length > 0);
  const bought = cloud.tokens.length;
  const toldAt = performance.now();
  await eventually("five minutes", () => performance.now() - toldAt > 5 * MINUTE);
  expect([cloud.tokens.length - bought, cloud.workers.length]).toEqual([0, 0]);
  expect(cluster.describe()).toContain("No such option: --frobnicate");
});

function hopeless(clusterName: string): string {
  return `Error: No such option: --frobnicate\ndask-fleet: this machine's part in ${clusterName} is over: the node could not start (status 78); the machine is powered off\n`;
}

test("One lost worker of several on a machine does not affect its siblings: the machine is retired only after a long time", async () => {
  await using cloud = await FakeCloud.open();
  cloud.processes = 2;
  const { cluster, troubles } = await started({ cloud, nWorkers: 2, workerOptions: { nworkers: 2 } });
  await using _ = cluster;
  const [victim = "", other = ""] = cloud.workers.map(({ id }) => id);
  cloud.dask.leave(`${victim}-1`);
  await eventually("the trouble", () => troubles().length > 0);
  expect(troubles()).toEqual(["workers began"]);
  expect(cloud.workers.map(({ id }) => id)).toEqual([victim, other]);
  expect(cloud.dask.workers.has(`${victim}-0`)).toBe(true);
  await eventually(
    "another machine",
    () => cloud.workers.length === 2 && !cloud.workers.some(({ id }) => id === victim),
  );
  expect(cloud.dask.retired).toEqual([`${victim}-0`]);
  await eventually("the end of the trouble", () => troubles().length === 2);
  expect(cloud.peak).toBe(2);
});

test("However many workers a machine starts, they count as one machine", async () => {
  await using cloud = await FakeCloud.open();
  cloud.processes = 4;
  const { cluster } = await started({ cloud, nWorkers: 2, workerOptions: { nworkers: "auto" } });
  await using _ = cluster;
  await eventually("all workers", () => cloud.dask.workers.size === 8);
  await cluster.scale(1);
  expect([cloud.workers.length, cloud.dask.workers.size, cloud.peak]).toEqual([1, 4, 2]);
});

test.each(["paused", "closing_gracefully"])(
  "A worker that stays %s is reported and replaced, even if Dask cannot retire it",
  async (status) => {
    await using cloud = await FakeCloud.open();
    const { cluster, troubles } = await started({ cloud, nWorkers: 2 });
    await using _ = cluster;
    const [victim = ""] = cloud.workers.map(({ id }) => id);
    cloud.dask.unwillingToLose.add(victim);
    cloud.dask.join(victim, { address: `tcp://10.0.0.2/${victim}`, status });
    await eventually("the trouble", () => troubles().length > 0);
    expect(cluster.describe()).toMatch(new RegExp(`1 of 2 workers joined.*${victim}: .*\\(${status}, 1 registered\\)`));
    await eventually(
      "another machine",
      () => cloud.workers.length === 2 && !cloud.workers.some(({ id }) => id === victim),
    );
    await eventually("the end of the trouble", () => troubles().length === 2);
    expect(cloud.peak).toBe(2);
  },
);

test("A machine that cannot be deleted is lost once, and never blocks another's replacement", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster, events } = await started({ cloud, nWorkers: 2 });
  await using _ = cluster;
  cloud.fault = (verb) => (verb === "destroy" ? "fail" : undefined);
  cloud.kill(cloud.workers[0]?.id ?? "");
  await eventually("three tries", () => cloud.calls.filter((verb) => verb === "destroy").length >= 3);
  expect(events.filter((event) => event.type === "machine" && event.change === "lost")).toHaveLength(1);
  expect(cluster.describe()).toContain("none today");
  cloud.fault = () => undefined;
  await eventually("the replacement", () => cloud.dask.workers.size === 2 && cloud.machines.size === 3);
});
