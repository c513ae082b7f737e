import { expect, test } from "vitest";

import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files, forgetRecord } = ownStateDirectory();

test("A second cluster of the same name is refused, and the first stays intact", async () => {
  await using cloud = await FakeCloud.open();
  const first = await new FakeCluster({ cloud, name: "twin", nWorkers: 1 }).start();
  const calls = cloud.calls.length;
  const second = new FakeCluster({ cloud, name: "twin", nWorkers: 1 });
  await expect(second.start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining(`"twin" already exists (fake, started by process ${process.pid}`),
  });
  await second.close();
  expect(cloud.calls.slice(calls)).not.toContain("destroy");
  expect(await first.workers()).toHaveLength(1);
  await first.close();
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A name used by another computer's cluster is refused, and that cluster stays intact", async () => {
  await using cloud = await FakeCloud.open();
  const first = await new FakeCluster({ cloud, name: "twin", nWorkers: 1 }).start();
  await forgetRecord("twin");
  const second = new FakeCluster({ cloud, name: "twin", nWorkers: 1 });
  await expect(second.start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: `A cluster named "twin" already exists (id ${first.id}: machine m1, machine m2, network net-of-twin): remove it, or choose another name.`,
  });
  await second.close();
  expect([cloud.machines.size, cloud.networks.size, await files()]).toEqual([2, 1, []]);
  await first.close();
});

test("Of two clusters that start at the same moment under one name, one runs", async () => {
  await using cloud = await FakeCloud.open();
  const clusters = [1, 2].map(() => new FakeCluster({ cloud, name: "twin", nWorkers: 1 }));
  await Promise.allSettled(clusters.map((cluster) => cluster.start()));
  expect(clusters.map(({ state }) => state).sort()).toEqual(["failed", "running"]);
  await Promise.all(clusters.map((cluster) => cluster.close()));
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A closed cluster's name is free again", async () => {
  await using cloud = await FakeCloud.open();
  for (const _ of [1, 2]) {
    await using cluster = await new FakeCluster({ cloud, name: "again" }).start();
    expect(cluster.state).toBe("running");
  }
});
