import { expect, test } from "vitest";

import type { ProgressEvent } from "../../../src/progress.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "../cluster/fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "../cluster/fake-cluster.ts";

ownStateDirectory();

interface Started {
  readonly cluster: FakeCluster;
  readonly told: () => readonly string[];
}

async function started(cloud: FakeCloud, nWorkers: number): Promise<Started> {
  const cluster = new FakeCluster({ cloud, nWorkers });
  const told: string[] = [];
  cluster.onProgress((event: ProgressEvent) => {
    if (event.type === "notice" || event.type === "machine") told.push(`${event.change} ${event.id}`);
    if (event.type === "warning") told.push(event.message);
  });
  await cluster.start();
  told.length = 0;
  return { cluster, told: () => told };
}

function tell(cloud: FakeCloud, state: string, names: readonly string[], more: Record<string, unknown> = {}): void {
  const notice = { state, workers: names, cloud: "ec2", action: "terminate", seconds: 118.4, ...more };
  // The agent may repeat an event.
  for (let times = 0; times < 2; times += 1) cloud.dask.tell("notice", notice);
}

async function joined(cluster: FakeCluster, cloud: FakeCloud, count: number): Promise<void> {
  const words = `${count} of ${count} workers joined, ${count} machines`;
  await until(
    words,
    () => cluster.describe().endsWith(words) && cloud.workers.length === count,
    10_000,
    () => cluster.describe(),
  );
}

test("A machine with a notice is replaced before it goes, once, and deleted when its workers have closed", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster, told } = await started(cloud, 3);
  await using _ = cluster;
  const [{ id, nodeName } = { id: "", nodeName: "" }] = cloud.workers;
  tell(cloud, "given", [nodeName]);
  await until("a replacement", () => cloud.asked.length === 2);
  expect(cloud.asked.at(-1)).toEqual({ group: "default", count: 1 });
  await until("it to join", () => cluster.describe().includes("3 of 3 workers joined"));
  expect(cluster.describe()).toBe("running: 3 of 3 workers joined, 4 machines, 1 with a spot notice");
  expect(cloud.machines.has(id)).toBe(true);

  cloud.dask.leave(nodeName);
  tell(cloud, "moved", [nodeName], { keys: 8, bytes: 160e6, took: 1.94 });
  await joined(cluster, cloud, 3);
  expect(cloud.machines.has(id)).toBe(false);
  const fresh = cloud.workers.at(-1)?.id;
  expect([...told()].sort()).toEqual(
    [
      `given ${id}`,
      `lost ${id}`,
      `created ${fresh}`,
      `booted ${fresh}`,
      `joined ${fresh}`,
      `moved ${id}`,
      `destroyed ${id}`,
    ].sort(),
  );
  expect(cloud.asked).toHaveLength(2);
});

test("A machine that goes during its notice is not replaced twice, and what was not moved is a warning", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster, told } = await started(cloud, 2);
  await using _ = cluster;
  const [{ id, nodeName } = { id: "", nodeName: "" }] = cloud.workers;
  tell(cloud, "given", [`${nodeName}-0`, `${nodeName}-1`]);
  tell(cloud, "late", [`${nodeName}-0`], {
    keys: 1,
    bytes: 1e6,
    took: 115,
    keys_left: 2,
    bytes_left: 5e6,
    tasks: 1,
    actors: 0,
  });
  cloud.kill(id);
  await joined(cluster, cloud, 2);
  expect(cloud.asked.map(({ count }) => count)).toEqual([2, 1]);
  expect(told()).toContain(
    `Spot notice: the time of worker machine ${id} is over. 1 result (1.0 MB) moved to other workers in 115 s. Not moved: 2 results (5.0 MB), 1 running task. Tasks are computed again; data that a client sent are lost.`,
  );
});

test("After a withdrawn notice the machine counts again, and as many stay as are wanted", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster, told } = await started(cloud, 2);
  await using _ = cluster;
  const [{ id, nodeName } = { id: "", nodeName: "" }] = cloud.workers;
  tell(cloud, "given", [nodeName]);
  await until("a replacement", () => cloud.workers.length === 3);
  tell(cloud, "withdrawn", [nodeName]);
  await joined(cluster, cloud, 2);
  expect(told()).toContain(`withdrawn ${id}`);
});

test("Many notices at once are replaced as fast as many young spot machines that are lost", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster } = await started(cloud, 8);
  await using _ = cluster;
  for (const { nodeName } of cloud.workers) tell(cloud, "given", [nodeName]);
  await until("the first replacements", () => cluster.describe().includes("so replacement backs off: 5 machines wait"));
  const asked = (): number => cloud.asked.slice(1).reduce((sum, { count }) => sum + count, 0);
  // The request follows the trouble that says how many wait.
  await until("three", () => asked() > 0);
  expect(asked()).toBe(3);
});

test("Notices of unknown machines and events of another form change nothing", async () => {
  await using cloud = await FakeCloud.open();
  const { cluster, told } = await started(cloud, 1);
  await using _ = cluster;
  tell(cloud, "given", ["nobody"]);
  tell(cloud, "of a newer agent", ["nobody"]);
  cloud.dask.tell("notice", { state: "given", workers: 7 });
  await until("a warning", () => told().some((line) => line.includes("An event of the agent was not handled")));
  expect(cluster.describe()).toBe("running: 1 of 1 workers joined, 1 machine");
});
