import { expect, test } from "vitest";

import { DaskFleetError } from "../../../src/errors.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "../cluster/fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "../cluster/fake-cluster.ts";

const { files } = ownStateDirectory();

function warningsOf(cluster: FakeCluster): string[] {
  const warnings: string[] = [];
  cluster.onProgress((event: ProgressEvent) => {
    if (event.type === "warning") warnings.push(event.message);
  });
  return warnings;
}

test("A cluster with fewer machines than minWorkers fails with the cloud's reason and leaves nothing behind", async () => {
  await using cloud = await FakeCloud.open();
  cloud.capacity = 2;
  const cluster = new FakeCluster({ cloud, nWorkers: 3, startTimeoutMs: 1500 });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "CAPACITY_UNAVAILABLE",
    message: expect.stringMatching(/^Timed out.*3 workers to join.*\n.*2 of 3 workers joined.*none today/),
  });
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A cluster with at least minWorkers machines runs and reports that it is smaller", async () => {
  await using cloud = await FakeCloud.open();
  cloud.capacity = 2;
  const cluster = new FakeCluster({ cloud, nWorkers: 3, minWorkers: 2, startTimeoutMs: 1500 });
  const warnings = warningsOf(cluster);
  await cluster.start();
  expect(warnings).toEqual([
    expect.stringMatching(/^2 of 3 machines: The cloud has none today \(refused 1 time/),
    expect.stringMatching(/^Only 2 of 3 workers have joined \(minWorkers is 2\).*none today/),
  ]);
  cloud.capacity = 3;
  await until("the third worker", () => cloud.workers.length === 3);
  await cluster.close();
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A machine whose worker never joins is removed in time, with the reason", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = (nth) => nth === 2;
  const cluster = new FakeCluster({ cloud, nWorkers: 2, startTimeoutMs: 1500 });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "TIMEOUT",
    message: expect.stringMatching(
      /2 workers to join.*\nLast seen: 1 of 2 workers joined, 2 machines;.* waiting for m2/,
    ),
  });
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A scheduler that ends before its workers joined ends the start immediately", async () => {
  await using cloud = await FakeCloud.open();
  cloud.dud = () => true;
  const cluster = new FakeCluster({ cloud, nWorkers: 1, startTimeoutMs: 60_000 });
  const started = cluster.start().catch((error: unknown) => error);
  await until("the worker's machine", () => cloud.workers.length === 1);
  cloud.kill("m1");
  await cloud.dask.end();
  expect(await started).toMatchObject({
    code: "SCHEDULER_UNREACHABLE",
    message: expect.stringContaining("The scheduler's machine m1 has stopped"),
  });
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A permanent refusal ends scale() immediately, and the cluster keeps running", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = await new FakeCluster({ cloud, nWorkers: 1 }).start();
  const denied = new DaskFleetError("AUTH_FAILED", "Not with this key");
  cloud.fault = (verb) => (verb === "create" ? denied : undefined);
  await expect(cluster.scale(2, { timeoutMs: 60_000 })).rejects.toBe(denied);
  cloud.fault = () => undefined;
  await cluster.scale(2);
  expect(await cluster.workers()).toHaveLength(2);
});

test("A worker that Dask does not retire keeps its machine", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = await new FakeCluster({ cloud, nWorkers: 2 }).start();
  for (const { id } of cloud.workers) cloud.dask.unwillingToLose.add(id);
  await expect(cluster.scale(1, { timeoutMs: 200 })).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(await cluster.workers()).toHaveLength(2);
  cloud.dask.unwillingToLose.clear();
  await cluster.scale(1);
  expect(cloud.workers).toHaveLength(1);
});

test("A lost machine is removed before its replacement is created", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = await new FakeCluster({ cloud, nWorkers: 3 }).start();
  for (const { id } of cloud.workers.slice(1)) cloud.kill(id);
  await until("two others", () => cloud.dask.workers.size === 3);
  expect([cloud.peak, cloud.machines.size]).toEqual([3, 4]);
  await cluster.waitForWorkers(3);
});

test("A lost reply does not create the machines twice, even if the cloud's list lags", async () => {
  await using cloud = await FakeCloud.open();
  cloud.listLagMs = 1500;
  cloud.fault = (verb, nth) => (verb === "create" && nth === 2 ? "lose" : undefined);
  await using cluster = await new FakeCluster({ cloud, nWorkers: 2, listLagMs: 2000 }).start();
  expect([await cluster.workers(), cloud.peak, cloud.tokens.length]).toMatchObject([{ length: 2 }, 2, 2]);
});

test("A machine whose accepted deletion was not carried out is deleted again", async () => {
  await using cloud = await FakeCloud.open();
  await using cluster = await new FakeCluster({ cloud, nWorkers: 2, listLagMs: 50 }).start();
  cloud.fault = (verb) => (verb === "destroy" ? "forget" : undefined);
  await cluster.scale(1);
  expect(cloud.workers).toHaveLength(2);
  cloud.fault = () => undefined;
  await until("the machine to be deleted", () => cloud.workers.length === 1);
  expect(await cluster.workers()).toMatchObject([{ machineId: cloud.workers[0]?.id }]);
});

test("An onProgress listener that throws neither breaks a cluster nor prevents its close", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = new FakeCluster({ cloud, nWorkers: 1 });
  const heard: string[] = [];
  cluster.onProgress(({ type }) => {
    heard.push(type);
    throw new Error("a mistake of the listener's");
  });
  const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
  await cluster.start();
  await cluster.scale(2);
  await cluster.close();
  expect((await warned).message).toContain("a mistake of the listener's");
  expect(heard).toContain("machine");
  expect([cloud.empty, await files()]).toEqual([true, []]);
});
