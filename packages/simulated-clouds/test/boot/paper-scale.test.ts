import { expect, test } from "vitest";

import { make } from "../core/toy-client.ts";
import { ToyCloud } from "../core/toy-cloud.ts";
import { PaperCluster } from "./paper-cluster.ts";

test("a thousand workers join, answer and leave in one process", async () => {
  await using cloud = await new ToyCloud({ boot: "paper" }).start();
  const cluster = await PaperCluster.create(cloud);
  const userData = cluster.told.worker(cluster.host);
  await Promise.all(Array.from({ length: 1000 }, () => make(cloud, userData, { publicIp: true })));
  await cluster.joined(1000);
  await using client = await cluster.connect();
  expect(await client.workers()).toHaveLength(1000);
  expect((await client.versions()).workers.size).toBe(1000);
  expect(await client.retireWorkers({ names: cluster.names.slice(0, 900) })).toHaveLength(900);
  expect(cluster.names).toHaveLength(100);
  await client.terminate();
  await cloud.clock.sleep(60_000);
  expect(cloud.machines.filter(({ state }) => state !== "gone")).toEqual([]);
});
