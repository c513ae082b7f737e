import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { expect, test } from "vitest";

import { clusterTable } from "../../../src/cli/life/cluster-table.ts";
import { statusText } from "../../../src/cli/life/status-text.ts";
import { recordPath } from "../../../src/cluster/record.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

ownStateDirectory();

const DAY_MS = 86_400_000;

/** `status` takes options only from the record, which does not contain a test's cloud. */
function clusterOf(cloud: FakeCloud): typeof FakeCluster {
  return class extends FakeCluster {
    constructor(options: object) {
      super({ ...options, cloud });
    }
  };
}

/** Everything in the cluster's directory, and when it was changed. */
async function traces(name: string): Promise<readonly string[]> {
  const directory = dirname(recordPath(name));
  const names = (await readdir(directory, { recursive: true })).toSorted();
  return await Promise.all(names.map(async (each) => `${each} ${(await stat(join(directory, each))).ctimeMs}`));
}

test("A status tells sizes, workers, bounds, ends and the launcher, from a handle and from any other process", async () => {
  await using cloud = await FakeCloud.open();
  const options = {
    name: "lab",
    nWorkers: 2,
    maxLifetimeMs: DAY_MS,
    idleTimeoutMs: 600_000,
    noClientTimeoutMs: 300_000,
  };
  await using cluster = await new FakeCluster({ cloud, ...options }).start();
  await cluster.adapt({ minimum: 2, maximum: 5 });
  const own = await cluster.status();
  expect(own).toMatchObject({
    name: "lab",
    id: cluster.id,
    provider: "fake",
    place: { searched: { region: "here" } },
    state: "running",
    schedulerAddress: cluster.schedulerAddress,
    groups: [{ name: "default", target: 2, machines: 2, joined: 2, adapting: { minimum: 2, maximum: 5 } }],
    workers: [
      { machineId: "m2", group: "default" },
      { machineId: "m3", group: "default" },
    ],
    ends: { idleTimeoutMs: 600_000, noClientTimeoutMs: 300_000, expiresAt: expect.any(Date) },
    launcher: { pid: process.pid },
    troubles: [],
    goesOn: [],
    waits: [],
  });
  const { workers, ...elsewhere } = await FakeCluster.status("lab", { options: { cloud } });
  expect([{ ...elsewhere, workers: undefined }, workers?.length]).toEqual([{ ...own, workers: undefined }, 2]);
});

test("A status changes nothing and takes no lead, and says what nobody does", async () => {
  await using cloud = await FakeCloud.open();
  const first = await new FakeCluster({ cloud, name: "left", nWorkers: 2, idleTimeoutMs: 600_000 }).start();
  await first.detach();
  const before = [await traces("left"), cloud.machines.size];
  cloud.calls.length = 0;
  const { state, launcher, goesOn, waits } = await FakeCluster.status("left", { options: { cloud } });
  expect([state, launcher]).toEqual(["unattended", undefined]);
  expect(goesOn.join(" ")).toContain("ends after 10 min without work");
  expect(waits).toEqual(
    expect.arrayContaining(["Lost workers are not replaced.", expect.stringContaining("dask-fleet watch left")]),
  );
  expect([await traces("left"), cloud.machines.size]).toEqual(before);
  expect([...new Set(cloud.calls)]).toEqual(["list"]);
  await (await clusterOf(cloud).attach("left")).close();
});

test("A status lists what does not answer in time, beside the rest", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = await new FakeCluster({ cloud, name: "lab", nWorkers: 1 }).start();
  cloud.fault = (verb) => (verb === "list" ? "hang" : undefined);
  const status = await FakeCluster.status("lab", { options: { cloud }, timeoutMs: 300 });
  expect(status).toMatchObject({
    state: "running",
    schedulerAddress: undefined,
    workers: undefined,
    groups: [{ target: 1, machines: undefined, joined: undefined }],
    launcher: { pid: process.pid },
    unknown: [expect.stringContaining("The list of machines could not be read")],
  });
  cloud.fault = () => undefined;
  expect(cluster.state).toBe("running");
});

test("The leader's present troubles are told in other processes, and not after they have ended", async () => {
  await using cloud = await FakeCloud.open();
  await using _cluster = await new FakeCluster({ cloud, name: "lab", nWorkers: 1, startTimeoutMs: 60_000 }).start();
  const look = async (): Promise<readonly string[]> =>
    (await FakeCluster.status("lab", { options: { cloud } })).troubles.map(({ kind }) => kind);
  cloud.fault = (verb) => (verb === "create" ? "fail" : undefined);
  const [victim] = cloud.workers;
  cloud.kill(victim?.id ?? "");
  await until("the trouble to be told", async () => (await look()).includes("creation"));
  cloud.fault = () => undefined;
  await until("it to be over", async () => (await look()).length === 0);
  expect(cloud.workers).toHaveLength(1);
});

test("A status and a list tell each group's size, bounds and resources", async () => {
  await using cloud = await FakeCloud.open();
  const groups = [
    { name: "cpu", size: 1, quorum: 1 },
    { name: "gpu", size: 0, maximum: 2, quorum: 0, options: { workerOptions: { resources: { GPU: 1 } } } },
  ];
  await using cluster = await new FakeCluster({ cloud, name: "kinds", groups }).start();
  await cluster.adapt();
  const status = await cluster.status();
  expect(status.groups).toMatchObject([
    { name: "cpu", target: 1, minimum: 0, maximum: undefined, joined: 1, booting: 0, resources: {} },
    { name: "gpu", target: 0, maximum: 2, joined: 0, resources: { GPU: 1 }, adapting: { minimum: 0, maximum: 2 } },
  ]);
  const trouble = { kind: "creation", group: "gpu", message: "No capacity.", since: new Date() } as const;
  const text = statusText({ ...status, troubles: [trouble] });
  expect(text).toMatch(/^GROUP +WISHED +JOINED +BOOTING +BOUNDS +ADAPTS +RESOURCES +TROUBLE$/mu);
  expect(text).toMatch(/^cpu +1 +1 +0 +0\.\. +no +- +-$/mu);
  expect(text).toMatch(/^gpu +0 +0 +0 +0\.\.2 +0\.\.2 +GPU=1 +creation$/mu);
  expect(text).toContain("gpu: No capacity. (since ");
  const [listed] = await FakeCluster.list({ cloud });
  if (listed === undefined) throw new Error("not listed");
  expect(clusterTable([listed])).toMatch(/cpu 1\/1, gpu 0\/0/u);
});
