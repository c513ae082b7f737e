import { afterEach, beforeEach, expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { make } from "../core/toy-client.ts";
import { ToyCloud } from "../core/toy-cloud.ts";
import { ToldCluster } from "../core/user-data-fixture.ts";
import { consoleOf, PaperCluster } from "./paper-cluster.ts";

let cloud: ToyCloud;
beforeEach(async () => {
  cloud = await new ToyCloud({ boot: "paper" }).start();
});
afterEach(async () => {
  expect(cloud.violations).toEqual([]);
  await cloud[Symbol.asyncDispose]();
});

test("a scheduler and its workers come up and answer the manager", async () => {
  const cluster = await PaperCluster.create(cloud);
  const workers = [await cluster.worker(), await cluster.worker(), await cluster.worker()];
  await cluster.joined(3);
  await using client = await cluster.connect();
  expect(await client.identity()).toMatchObject({ address: `tls://${cluster.host}:8786`, workerCount: 3 });
  // The second time it asks for the totals alone.
  expect(await client.identity()).toMatchObject({ workerCount: 3, totalThreads: 3 });
  const seen = await client.workers();
  expect(seen.map(({ name }) => name)).toEqual(workers.map(({ id }) => id));
  expect(seen.map(({ host }) => host)).toEqual(workers.map(({ input }) => input.privateAddress));
  expect([...(await client.versions()).workers.keys()]).toEqual(seen.map(({ address }) => address));
  expect(await client.workersToClose({ n: 1 })).toHaveLength(1);
  expect(await client.workersToClose({ target: 1 })).toHaveLength(2);
  expect(await client.adaptiveTarget()).toBe(0);
  const dask = cloud.paper.scheduler("toy");
  if (dask !== undefined) dask.wish = 7;
  expect(await client.adaptiveTarget()).toBe(7);
  expect((await client.logs({ n: 5 })).map(({ message }) => message)).toEqual([
    expect.stringContaining("Scheduler at"),
  ]);
  expect((await client.workerLogs()).size).toBe(3);
});

test("Dask is up once a machine's boot ends, not before", async () => {
  const cluster = await PaperCluster.create(cloud);
  const worker = await cluster.worker();
  await cluster.joined(1);
  const since = cloud.clock.now() - worker.createdAt;
  expect(since).toBeGreaterThan(30_000);
  expect(await worker.console()).toContain(`registered as ${worker.id}`);
});

test("a worker up before its scheduler waits for it", async () => {
  const told = new ToldCluster();
  // The scheduler's machine will have the next address.
  const first = await make(cloud);
  const host = first.input.privateAddress.replace(/\d+$/, (last) => String(Number(last) + 2));
  const worker = await make(cloud, told.worker(host));
  await consoleOf(worker, `waiting for the scheduler at tls://${host}:8786`);
  await cloud.clock.sleep(100_000);
  const scheduler = await make(cloud, told.scheduler());
  expect(scheduler.input.privateAddress).toBe(host);
  await consoleOf(worker, "registered as");
  expect([...(cloud.paper.scheduler("toy")?.workers.keys() ?? [])]).toEqual([worker.id]);
});

test("retired workers leave and their machines power off; a worker with unique data stays", async () => {
  const cluster = await PaperCluster.create(cloud);
  const [first, second] = [await cluster.worker(), await cluster.worker()];
  await cluster.joined(2);
  cloud.paper.scheduler("toy")?.unwillingToLose.add(second.id);
  await using client = await cluster.connect();
  const retired = await client.retireWorkers({ names: [first.id, second.id] });
  expect(retired.map(({ name }) => name)).toEqual([first.id]);
  await until("the machine to be gone", () => first.state === "gone", 5000);
  expect([cluster.names, second.state]).toEqual([[second.id], "running"]);
  expect(await first.console()).toContain("Dask has ended; the machine is powered off");
});

test("workers are retired by address too", async () => {
  const cluster = await PaperCluster.create(cloud);
  await cluster.worker();
  await cluster.joined(1);
  await using client = await cluster.connect();
  const [worker] = await client.workers();
  expect(await client.retireWorkers({ addresses: [worker?.address ?? ""] })).toHaveLength(1);
  expect(cluster.names).toEqual([]);
});

test("the worker of a destroyed machine leaves the scheduler at once", async () => {
  const cluster = await PaperCluster.create(cloud);
  const [first, second] = [await cluster.worker(), await cluster.worker()];
  await cluster.joined(2);
  first.destroy();
  await cluster.joined(1);
  expect(cluster.names).toEqual([second.id]);
});

test("terminate ends the scheduler, its workers and then their machines", async () => {
  const cluster = await PaperCluster.create(cloud);
  const worker = await cluster.worker();
  await cluster.joined(1);
  await (await cluster.connect()).terminate();
  await until("all machines to be gone", () => cloud.machines.every(({ state }) => state === "gone"), 5000);
  expect(cloud.paper.scheduler("toy")).toBeUndefined();
  await expect(cluster.connect()).rejects.toThrow("nothing listens there");
  expect(await worker.console()).toContain("its scheduler is gone");
});

test("without autoShutdown the machines stay on after Dask ends", async () => {
  const cluster = await PaperCluster.create(cloud, { autoShutdown: false });
  const worker = await cluster.worker();
  await cluster.joined(1);
  await (await cluster.connect()).terminate();
  await consoleOf(worker, "autoShutdown is off");
  await cloud.clock.sleep(400_000);
  expect([cluster.scheduler.state, worker.state]).toEqual(["running", "running"]);
  await expect(cluster.connect()).rejects.toThrow(/reset|closed/);
});

test("workers end when their scheduler's machine loses power", async () => {
  const cluster = await PaperCluster.create(cloud);
  const worker = await cluster.worker();
  await cluster.joined(1);
  cluster.scheduler.destroy({ stoppingMs: 0 });
  await until("the worker's machine to be gone", () => worker.state === "gone", 5000);
  expect(await worker.console()).toContain("its scheduler is gone");
});

test("a lifetime and an idle time end Dask on the simulated clock", async () => {
  const expiresAt = new Date(cloud.clock.now() + 600_000);
  const cluster = await PaperCluster.create(cloud, { expiresAt });
  const worker = await cluster.worker();
  await until("both to be gone", () => cloud.machines.every(({ state }) => state === "gone"), 5000);
  expect(worker.goneAt).toBeGreaterThan(expiresAt.getTime() - 1000);
  expect(await worker.console()).toMatch(/the lifetime is over|its scheduler is gone/);
  const late = await PaperCluster.create(cloud, { expiresAt });
  await consoleOf(late.scheduler, "the lifetime is over: Dask is not started");
  const idle = await PaperCluster.create(cloud, { idleTimeoutMs: 400_000 });
  await consoleOf(idle.scheduler, "Scheduler closing after being idle for 400000 ms");
});

test("several workers on a machine get Dask's names, from the host name without its domain", async () => {
  const cluster = await PaperCluster.create(cloud, { nameFrom: "hostname" });
  const several = await cluster.worker({ workerOptions: { nworkers: 3 } });
  await cluster.joined(3);
  expect(cluster.names).toEqual([0, 1, 2].map((index) => `${several.id}-${index}`));
  await using client = await cluster.connect();
  await client.retireWorkers({ names: cluster.names.slice(0, 2) });
  await cloud.clock.sleep(60_000);
  expect([cluster.names, several.state]).toEqual([[`${several.id}-2`], "running"]);
  await client.retireWorkers({ names: cluster.names });
  await until("the machine to be gone", () => several.state === "gone", 5000);
});

test("machines can be set not to come up", async () => {
  cloud.paper.dud = ({ id }) => (id === "toy-2" ? "Kernel panic - not syncing" : undefined);
  const cluster = await PaperCluster.create(cloud);
  const [dud] = [await cluster.worker(), await cluster.worker()];
  await cluster.joined(1);
  expect(await dud.console()).toMatch(/dask-fleet: Kernel panic - not syncing\r\n$/u);
  expect(dud.state).toBe("running");
});
