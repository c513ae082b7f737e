import { expect, test } from "vitest";

import { DaskFleetError } from "../../../src/errors.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files, forgetRecord } = ownStateDirectory();

test("A list combines records and tags, and includes clusters started elsewhere", async () => {
  await using cloud = await FakeCloud.open();
  await using mine = await new FakeCluster({ cloud, name: "mine", maxLifetimeMs: 60_000 }).start();
  await using theirs = await new FakeCluster({ cloud, name: "theirs", nWorkers: 1 }).start();
  await forgetRecord(theirs.name);
  expect(await FakeCluster.list({ cloud })).toEqual([
    {
      name: mine.name,
      id: mine.id,
      provider: "fake",
      state: "running",
      recorded: true,
      poweredOff: false,
      resources: [
        { kind: "machine", id: "m1" },
        { kind: "network", id: "net-of-mine" },
      ],
      machines: [{ id: "m1", role: "scheduler", state: "running", createdAt: expect.any(Date) }],
      targets: { default: 0 },
      createdAt: expect.any(Date),
      expiresAt: expect.any(Date),
      launcher: { pid: process.pid, host: expect.any(String) },
    },
    {
      name: "theirs",
      id: theirs.id,
      provider: "fake",
      state: "running",
      recorded: false,
      poweredOff: false,
      resources: [
        { kind: "machine", id: "m2" },
        { kind: "machine", id: "m3" },
        { kind: "network", id: "net-of-theirs" },
      ],
      machines: [
        expect.objectContaining({ id: "m2", role: "scheduler" }),
        expect.objectContaining({ id: "m3", role: "worker", group: "default" }),
      ],
      targets: undefined,
      // By the cloud's clock.
      createdAt: expect.any(Date),
      expiresAt: undefined,
      launcher: undefined,
    },
  ]);
});

test("A cluster is removed by its tags alone, without touching its neighbour", async () => {
  await using cloud = await FakeCloud.open();
  const lost = await new FakeCluster({ cloud, name: "lost", nWorkers: 2 }).start();
  await using neighbour = await new FakeCluster({ cloud, name: "neighbour", nWorkers: 1 }).start();
  await forgetRecord("lost");
  await FakeCluster.remove("lost", { cloud });
  expect(cloud.tagged("lost")).toEqual([]);
  expect(await neighbour.machines()).toHaveLength(2);
  await lost.close();
});

test("Removing a cluster with a local record removes the record", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, name: "recorded" }).start();
  await FakeCluster.remove("recorded", { cloud });
  expect([cloud.empty, await files()]).toEqual([true, []]);
  await cluster.close();
});

test("A machine listed only after its launcher was killed is removed too", async () => {
  await using cloud = await FakeCloud.open();
  const killed = await new FakeCluster({ cloud, name: "killed", nWorkers: 1 }).start();
  await killed.detach();
  cloud.listLagMs = 700;
  await FakeCluster.remove("killed", { cloud, listLagMs: 1000 });
  expect(cloud.tagged("killed")).toEqual([]);
});

test("Removing an unknown cluster fails", async () => {
  await using cloud = await FakeCloud.open();
  await expect(FakeCluster.remove("nobody", { cloud })).rejects.toMatchObject({ code: "CLUSTER_NOT_FOUND" });
  expect(cloud.disconnects).toBe(1);
});

test("A sweep removes expired clusters only", async () => {
  await using cloud = await FakeCloud.open();
  const over = await new FakeCluster({ cloud, name: "over", maxLifetimeMs: 1000 }).start();
  await using young = await new FakeCluster({ cloud, name: "young", maxLifetimeMs: 60_000 }).start();
  await using endless = await new FakeCluster({ cloud, name: "endless" }).start();
  await forgetRecord("over");
  const expired = (): boolean => (cloud.tagged("over")[0]?.expiresAt?.getTime() ?? Infinity) <= Date.now();
  await expect.poll(expired, { timeout: 5000 }).toBe(true);
  expect(await FakeCluster.sweep({ cloud })).toEqual(["over"]);
  expect(cloud.tagged("over")).toEqual([]);
  expect([(await young.machines()).length, (await endless.machines()).length]).toEqual([1, 1]);
  await over.close();
});

test("A sweep continues after a failure and reports it", async () => {
  await using cloud = await FakeCloud.open();
  const clusters = ["one", "two"].map((name) => new FakeCluster({ cloud, name, maxLifetimeMs: 1000 }));
  await Promise.all(clusters.map((cluster) => cluster.start()));
  const expired = (): boolean =>
    cloud.tagged(undefined).every(({ expiresAt }) => (expiresAt?.getTime() ?? Infinity) <= Date.now());
  await expect.poll(expired, { timeout: 5000 }).toBe(true);
  cloud.fault = (verb, _nth, _call, [name]) =>
    verb === "release" && name === "one" ? new DaskFleetError("AUTH_FAILED", "not allowed") : undefined;
  await expect(FakeCluster.sweep({ cloud, closeTimeoutMs: 500 })).rejects.toMatchObject({
    code: "TEARDOWN_INCOMPLETE",
    message: expect.stringMatching(/^The cluster one .*network net-of-one\n- not allowed\n/s),
  });
  expect(cloud.tagged(undefined)).toMatchObject([{ clusterName: "one", kind: "network" }]);
  cloud.fault = () => undefined;
  await Promise.all(clusters.map((cluster) => cluster.close()));
  expect(cloud.empty).toBe(true);
});
