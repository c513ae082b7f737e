import { performance } from "node:perf_hooks";

import { beforeEach, expect, test, vi } from "vitest";

import type { Machine } from "../../../src/cluster/machine.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

/** The launcher's clock, not its timers: ten minutes take six seconds. */
const SPEED = 100;
const TEN_MINUTES = 600_000;
const MINUTE = 60_000;

beforeEach(() => {
  const now = performance.now.bind(performance);
  const began = now();
  vi.spyOn(performance, "now").mockImplementation(() => began + (now() - began) * SPEED);
});

function farewell(cluster: FakeCluster): string {
  return `there is no such disk\ndask-fleet: this machine's part in ${cluster.name} is over: bootstrap failed: x.sh ended with status 3; autoShutdown is off, so the machine stays on\nReached target\n`;
}

const NO_DISK =
  /bootstrap failed: x\.sh ended with status 3\.\nConsole output \(last lines\):\n {2}\| there is no such disk\n.*stays on$/u;

test("A scheduler that says that it gives up ends the start soon, with its last words, and nothing is left", async () => {
  await using cloud = await FakeCloud.open();
  await cloud.dask.end();
  const cluster = new FakeCluster({ cloud, nWorkers: 1, startTimeoutMs: TEN_MINUTES, closeTimeoutMs: TEN_MINUTES });
  cloud.bootLog = ({ role }) => (role === "scheduler" ? farewell(cluster) : "");
  const began = performance.now();
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(new RegExp(`^The scheduler's machine m1 gave up: ${NO_DISK.source}`, "u")),
  });
  expect(performance.now() - began).toBeLessThan(MINUTE);
  expect([cloud.read, cloud.empty, await files()]).toEqual([["m1"], true, []]);
});

test("A scheduler that is started again, or whose console cannot be read, is waited for until the time is over", async () => {
  await using cloud = await FakeCloud.open();
  await cloud.dask.end();
  const said = ["dask-fleet: the node failed (exit-code 1): systemd starts it again\n", new Error("no console today")];
  const cluster = new FakeCluster({ cloud, startTimeoutMs: TEN_MINUTES / 3, closeTimeoutMs: TEN_MINUTES });
  cloud.bootLog = () => said[cloud.read.length % 2] ?? "";
  await expect(cluster.start()).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(cloud.read.length).toBeGreaterThan(3);
  expect(cloud.read.length).toBeLessThan(15);
});

test("Workers that all say that they give up end the start soon, and none of them is replaced", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const cluster = new FakeCluster({ cloud, nWorkers: 4, startTimeoutMs: TEN_MINUTES, closeTimeoutMs: TEN_MINUTES });
  cloud.bootLog = () => farewell(cluster);
  const began = performance.now();
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(new RegExp(`^Worker machine m\\d: it gave up: ${NO_DISK.source}`, "u")),
  });
  expect(performance.now() - began).toBeLessThan(MINUTE);
  expect([cloud.read.length, cloud.peak, cloud.empty]).toEqual([4, 4, true]);
});

test("One worker that says so is replaced, and the start succeeds", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = (nth) => nth === 2;
  await using cluster = new FakeCluster({
    cloud,
    nWorkers: 3,
    startTimeoutMs: TEN_MINUTES,
    closeTimeoutMs: TEN_MINUTES,
  });
  const lost: unknown[] = [];
  cluster.onProgress((event) => {
    if (event.type === "machine" && event.change === "lost") lost.push([event.id, event.reason]);
  });
  cloud.bootLog = ({ id }: Machine) => (id === "m2" ? farewell(cluster) : "");
  const began = performance.now();
  await cluster.start();
  expect(performance.now() - began).toBeLessThan(MINUTE);
  expect(lost).toEqual([["m2", "it gave up: bootstrap failed: x.sh ended with status 3"]]);
  expect(await cluster.workers()).toHaveLength(3);
});

test("A worker that gives up after the start, while more are made, is replaced as well", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = await new FakeCluster({
    cloud,
    nWorkers: 1,
    startTimeoutMs: TEN_MINUTES,
    closeTimeoutMs: TEN_MINUTES,
  }).start();
  cloud.dud = (nth) => nth === 3;
  cloud.bootLog = ({ id }: Machine) => (id === "m3" ? farewell(cluster) : "");
  const began = performance.now();
  await cluster.scale(2, { timeoutMs: TEN_MINUTES });
  expect(performance.now() - began).toBeLessThan(MINUTE);
  expect(cloud.workers.map(({ id }) => id)).toEqual(["m2", "m4"]);
});
