import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

import { beforeEach, expect, test, vi } from "vitest";

import type { Machine } from "../../../src/provider/machine.ts";
import { patience, patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

/** The launcher's clock, not its timers: ten minutes take six seconds. */
const SPEED = 100;
/** On that clock, and as long as this computer needs: what ends at once ends soon, and not only when the time is over. */
const TEN_MINUTES = patient(600_000);
const SOON = TEN_MINUTES / 5;

beforeEach(() => {
  const now = performance.now.bind(performance);
  const began = now();
  vi.spyOn(performance, "now").mockImplementation(() => began + (now() - began) * SPEED);
});

function over(cluster: FakeCluster): string {
  return `there is no such disk\ndask-fleet: this machine's part in ${cluster.name} is over: bootstrap failed: x.sh ended with status 3; autoShutdown is off, so the machine stays on\nReached target\n`;
}

const NO_DISK =
  /bootstrap failed: x\.sh ended with status 3\.\nConsole output \(last lines\):\n {2}\| there is no such disk\n.*stays on$/u;

test("A scheduler that reports giving up ends the start soon, with its console output, and nothing remains", async () => {
  await using cloud = await FakeCloud.open();
  await cloud.dask.end();
  const cluster = new FakeCluster({ cloud, nWorkers: 1, startTimeoutMs: TEN_MINUTES, closeTimeoutMs: TEN_MINUTES });
  cloud.console = ({ role }) => (role === "scheduler" ? over(cluster) : "");
  const began = performance.now();
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(new RegExp(`^The scheduler's machine m1 gave up: ${NO_DISK.source}`, "u")),
  });
  expect(performance.now() - began).toBeLessThan(SOON);
  expect([cloud.read, cloud.empty, await files()]).toEqual([["m1"], true, []]);
});

test("A scheduler that restarts, or whose console is unreadable, is awaited until the deadline", async () => {
  await using cloud = await FakeCloud.open();
  await cloud.dask.end();
  const said = ["dask-fleet: the node failed (exit-code 1): systemd starts it again\n", new Error("no console today")];
  const cluster = new FakeCluster({ cloud, startTimeoutMs: TEN_MINUTES / 3, closeTimeoutMs: TEN_MINUTES });
  cloud.console = () => said[cloud.read.length % 2] ?? "";
  await expect(cluster.start()).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(cloud.read.length).toBeGreaterThan(3);
  expect(cloud.read.length).toBeLessThan(15 * patience());
});

test("Workers that all report giving up end the start soon, and none is replaced", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const cluster = new FakeCluster({ cloud, nWorkers: 4, startTimeoutMs: TEN_MINUTES, closeTimeoutMs: TEN_MINUTES });
  cloud.console = () => over(cluster);
  const began = performance.now();
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(new RegExp(`^Worker machine m\\d: it gave up: ${NO_DISK.source}`, "u")),
  });
  expect(performance.now() - began).toBeLessThan(SOON);
  expect([cloud.read.length, cloud.peak, cloud.empty]).toEqual([4, 4, true]);
});

test("One worker that gives up is replaced, and the start succeeds", async () => {
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
  cloud.console = ({ id }: Machine) => (id === "m2" ? over(cluster) : "");
  const began = performance.now();
  await cluster.start();
  expect(performance.now() - began).toBeLessThan(SOON);
  expect(lost).toEqual([["m2", "it gave up: bootstrap failed: x.sh ended with status 3"]]);
  expect(await cluster.workers()).toHaveLength(3);
});

test("A worker that gives up after the start, while more are created, is replaced", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = await new FakeCluster({
    cloud,
    nWorkers: 1,
    startTimeoutMs: TEN_MINUTES,
    closeTimeoutMs: TEN_MINUTES,
  }).start();
  cloud.dud = (nth) => nth === 3;
  cloud.console = ({ id }: Machine) => (id === "m3" ? over(cluster) : "");
  const began = performance.now();
  await cluster.scale(2, { timeoutMs: TEN_MINUTES });
  expect(performance.now() - began).toBeLessThan(SOON);
  expect(cloud.workers.map(({ id }) => id)).toEqual(["m2", "m4"]);
});

test("Workers that give up while the scheduler boots end the start soon, with their reason", async () => {
  await using cloud = await FakeCloud.open();
  await cloud.dask.end();
  cloud.dud = () => true;
  const cluster = new FakeCluster({ cloud, nWorkers: 4, startTimeoutMs: TEN_MINUTES, closeTimeoutMs: TEN_MINUTES });
  cloud.console = ({ role }) => (role === "worker" ? over(cluster) : "");
  const began = performance.now();
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(new RegExp(`^Worker machine m\\d: it gave up: ${NO_DISK.source}`, "u")),
  });
  // On the launcher's clock, each second of its sleep is more than a minute and a half.
  expect(performance.now() - began).toBeLessThan(2 * SOON);
  expect([cloud.peak, cloud.empty]).toEqual([4, true]);
});

test("The only worker that gives up ends the start, without a replacement", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const cluster = new FakeCluster({ cloud, nWorkers: 1, startTimeoutMs: TEN_MINUTES, closeTimeoutMs: TEN_MINUTES });
  cloud.console = () => over(cluster);
  const began = performance.now();
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(/^Worker machine m2: it gave up: bootstrap failed/u),
  });
  expect(performance.now() - began).toBeLessThan(SOON);
  expect(cloud.calls.filter((verb) => verb === "create")).toHaveLength(2);
});

test("A permanently failing worker ends a start immediately; in a running cluster it slows down replacement, with the reason", async () => {
  await using cloud = await FakeCloud.open();
  const hopeless = (cluster: FakeCluster): string =>
    `dask-fleet: another machine would fail in the same way\n${over(cluster)}`;
  const failed = new FakeCluster({ cloud, nWorkers: 3, startTimeoutMs: TEN_MINUTES, closeTimeoutMs: TEN_MINUTES });
  cloud.dud = (nth) => nth > 2;
  cloud.console = ({ role }) => (role === "worker" ? hopeless(failed) : "");
  await expect(failed.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(/gave up: bootstrap failed: x\.sh/u),
  });
  expect(cloud.calls.filter((verb) => verb === "create")).toHaveLength(2);
  cloud.dud = () => false;
  await using cluster = await new FakeCluster({
    cloud,
    startTimeoutMs: TEN_MINUTES,
    closeTimeoutMs: TEN_MINUTES,
  }).start();
  cloud.dud = () => true;
  cloud.console = ({ role }) => (role === "worker" ? hopeless(cluster) : "");
  await expect(cluster.scale(1, { timeoutMs: TEN_MINUTES })).rejects.toMatchObject({ code: "START_FAILED" });
  await until("the slow replacement to be told", async () => cluster.describe().includes("replacement backs off"));
  expect(cluster.describe()).toMatch(
    /Machines report that others would fail in the same way.*bootstrap failed: x\.sh/su,
  );
});

/** Output of a real cloud-init on an image without bash (test/machines). */
const NO_BASH = readFileSync(new URL("../fleet/consoles/real-consoles/22.4-no-bash.txt", import.meta.url), "utf8");

test("A scheduler whose boot ends without our output ends the start within half a minute, with cloud-init's output", async () => {
  await using cloud = await FakeCloud.open();
  await cloud.dask.end();
  const cluster = new FakeCluster({ cloud, nWorkers: 1, startTimeoutMs: TEN_MINUTES, closeTimeoutMs: TEN_MINUTES });
  cloud.console = ({ role }) => (role === "scheduler" ? NO_BASH : "");
  const began = performance.now();
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(
      /^The scheduler's machine m1 gave up: its boot ended without a word from dask-fleet: .*bash: not found/u,
    ),
  });
  // A tenth of a second between two attempts is ten seconds on that clock.
  expect(performance.now() - began).toBeLessThan(SOON);
  expect(cloud.read.filter((id) => id === "m1").length).toBeGreaterThanOrEqual(2);
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("Workers whose boots end without our output end the start", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const cluster = new FakeCluster({ cloud, nWorkers: 100, startTimeoutMs: TEN_MINUTES, closeTimeoutMs: TEN_MINUTES });
  cloud.console = () => NO_BASH;
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(
      /^Worker machine m\d+: it gave up: its boot ended without a word from dask-fleet: .*bash: not found/u,
    ),
  });
  expect(cloud.read.length).toBeLessThan(16);
});

test.each([
  ["gives up", (cluster: FakeCluster) => over(cluster), /gave up: bootstrap failed: x\.sh ended with status 3/u],
  [
    "panics",
    () => "[  900.1] Kernel panic - not syncing: oom\n",
    /gave up: the machine is dead: Kernel panic - not syncing: oom/u,
  ],
])(
  "A scheduler that %s in a running cluster closes it soon, with the reason, although its machine stays on",
  async (_, last, why) => {
    await using cloud = await FakeCloud.open();
    await using cluster = new FakeCluster({
      cloud,
      nWorkers: 1,
      startTimeoutMs: TEN_MINUTES,
      closeTimeoutMs: TEN_MINUTES,
    });
    const warnings: string[] = [];
    cluster.onProgress((event) => event.type === "warning" && warnings.push(event.message));
    await cluster.start();
    const again = "dask-fleet: the node failed (exit-code 1): systemd starts it again\n";
    cloud.console = ({ role }) =>
      role === "scheduler"
        ? `dask-fleet: starting the scheduler\n${again}OSError: no space left\n${last(cluster)}`
        : "";
    await cloud.dask.end();
    // The launcher's clock is a hundred times as fast as the timers.
    await until("the close", () => cluster.state === "closed", 20_000 * SPEED);
    expect(cluster.closedBecause).toBe("crash");
    expect(warnings.at(-1)).toMatch(why);
    expect(warnings.at(-1)).toContain("| OSError: no space left");
  },
);
