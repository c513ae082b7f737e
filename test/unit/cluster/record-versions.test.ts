import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

import { describe, expect, test } from "vitest";

import { readRecord, recordPath } from "../../../src/cluster/record.ts";
import { clusterTags } from "../../../src/provider/tags.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

/** As commit 1d982c9 wrote it for a cluster with two workers, whose launcher is gone. */
const VERSION_1 = {
  version: 1,
  createdAt: "2026-11-30T16:12:21.135Z",
  name: "lab",
  id: "0309ca89b6b53cdd",
  provider: "fake",
  options: {
    name: "lab",
    nWorkers: 2,
    minWorkers: 1,
    security: false,
    envVars: { A: "1" },
    schedulerOptions: {},
    workerOptions: { resources: { GPU: 1 } },
    maxLifetimeMs: 3_600_000,
    startTimeoutMs: 5000,
    closeTimeoutMs: 2000,
    lostWorkerTimeoutMs: 15_000,
    closeOnExit: false,
  },
  expiresAt: "2026-11-30T17:12:21.076Z",
  ports: { scheduler: 36_179, dashboard: 8787, gate: 8788 },
  place: { searched: { region: "here" } },
  providerState: {},
  launcher: {
    id: "5365e7d3ce009dcf",
    pid: 20_738,
    host: "",
    startTime: "168124",
    bootId: "22ccbb26-e26c-4750-8f7a-f90760d0fd35",
    pidNamespace: "pid:[4026531836]",
  },
};

/** That record's cluster on a cloud, as that version created it: no tag names a group. */
async function former(cloud: FakeCloud, expiresAt = new Date(Date.now() + 3_600_000)): Promise<void> {
  const record = {
    ...VERSION_1,
    ports: { ...VERSION_1.ports, scheduler: cloud.port },
    expiresAt: expiresAt.toISOString(),
  };
  for (const [role, count] of [
    ["scheduler", 1],
    ["worker", 2],
  ] as const) {
    const tags = clusterTags({ name: "lab", id: VERSION_1.id }, role, expiresAt);
    cloud.create({ role, count, token: role, userData: new Uint8Array(), tags });
  }
  await mkdir(dirname(recordPath("lab")), { recursive: true, mode: 0o700 });
  await writeFile(recordPath("lab"), JSON.stringify(record), { mode: 0o600 });
}

describe("A record of version 1", () => {
  test("means one group, `default`, with the number of workers in its options", async () => {
    await using cloud = await FakeCloud.open();
    await former(cloud);
    expect(await readRecord("lab")).toMatchObject({
      version: 2,
      id: VERSION_1.id,
      options: VERSION_1.options,
      groups: [{ name: "default", size: 2, minimum: 0, quorum: 1, options: {} }],
    });
  });

  test("can be attached to, scaled and closed with its existing machines", async () => {
    await using cloud = await FakeCloud.open();
    await former(cloud);
    const cluster = await FakeCluster.attach("lab", { options: { cloud } });
    expect(await cluster.workers()).toMatchObject([
      { machineId: "m2", group: "default" },
      { machineId: "m3", group: "default" },
    ]);
    await cluster.scale(3);
    expect(await cluster.workers()).toHaveLength(3);
    // The file stays readable for the version that started the cluster.
    expect(JSON.parse(await readFile(recordPath("lab"), "utf8"))).toMatchObject({ version: 1, launcher: { host: "" } });
    expect(await readFile(recordPath("lab").replace("record.json", "workers"), "utf8")).toBe("3\n");
    await cluster.close();
    expect([cloud.empty, await files()]).toEqual([true, []]);
  });

  test("can be attached to, and its cluster adapts", async () => {
    await using cloud = await FakeCloud.open();
    await former(cloud);
    await using cluster = await FakeCluster.attach("lab", { options: { cloud } });
    cloud.dask.wish = 3;
    await cluster.adapt({ minimum: 1, maximum: 4, intervalMs: 20, waitCount: 1 });
    await until("three workers", async () => (await cluster.workers()).length === 3);
    cloud.dask.wish = 0;
    await until("one worker", async () => (await cluster.workers()).length === 1);
    await cluster.close();
    expect([cloud.empty, await files()]).toEqual([true, []]);
  });

  test("is listed, and its cluster can be removed by name", async () => {
    await using cloud = await FakeCloud.open();
    await former(cloud);
    expect(await FakeCluster.list({ cloud })).toMatchObject([{ name: "lab", id: VERSION_1.id }]);
    await FakeCluster.remove("lab", { cloud });
    expect([cloud.empty, await files()]).toEqual([true, []]);
  });

  test("is swept with its cluster once it has expired", async () => {
    await using cloud = await FakeCloud.open();
    await former(cloud, new Date(0));
    expect(await FakeCluster.sweep({ cloud })).toEqual(["lab"]);
    await until("all to be gone", () => cloud.empty);
    expect(await files()).toEqual([]);
  });
});

test.each([
  ["of a future version", { version: 3 }],
  ["without groups", { groups: [] }],
  ["with two groups of one name", { groups: [1, 2].map((size) => ({ name: "cpu", size, quorum: 0 })) }],
  ["with a group whose name is a path", { groups: [{ name: "../x", size: 1, quorum: 0 }] }],
])("A record %s is refused", async (_what, part) => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, name: "lab" }).start();
  const text = await readFile(recordPath("lab"), "utf8");
  await writeFile(recordPath("lab"), JSON.stringify({ ...(JSON.parse(text) as object), ...part }));
  await expect(readRecord("lab")).rejects.toThrow("damaged or of another version");
  await cluster.close();
});
