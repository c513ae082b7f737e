import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import type { ClusterManager } from "../../../src/cluster/cluster-manager.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

/** `attach` takes options only from the record, which does not contain a test's cloud. */
function clusterOf(cloud: FakeCloud): typeof FakeCluster {
  return class extends FakeCluster {
    constructor(options: object) {
      super({ ...options, cloud });
    }
  };
}

test("A detached cluster lives on, and the next process to attach takes over", async () => {
  await using cloud = await FakeCloud.open();
  const first = await new FakeCluster({ cloud, name: "left", nWorkers: 2 }).start();
  await first.detach();
  expect([first.state, cloud.workers.length, await files()]).toEqual(["closed", 2, ["left"]]);
  await expect(first.workers()).rejects.toMatchObject({ code: "CLOSED" });
  await first.close();
  expect(cloud.workers).toHaveLength(2);

  const second = await clusterOf(cloud).attach("left");
  const [lost] = cloud.workers;
  cloud.kill(lost?.id ?? "");
  await until("another in its place", () => cloud.dask.workers.size === 2);
  await second.close();
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A detach from a cluster that has ended succeeds, and the program reports how it ended", async () => {
  await using cloud = await FakeCloud.open();
  const first = await new FakeCluster({ cloud, name: "over", nWorkers: 1 }).start();
  await first.detach();
  const second = await clusterOf(cloud).attach("over");
  const script = "until [ -e over ]; do sleep 0.02; done; exit 3";
  const directory = await mkdtemp(join(tmpdir(), "dask-fleet-over-"));
  const command = second.run("bash", ["-c", script], { cwd: directory, stdio: "ignore", check: false });
  for (const { id, role } of cloud.machines.values()) if (role === "scheduler") cloud.kill(id);
  await cloud.dask.end();
  await until("the close", () => second.state === "closed");
  await expect(second.workers()).rejects.toMatchObject({
    code: "CLOSED",
    message: expect.stringContaining("has ended"),
  });
  await writeFile(join(directory, "over"), "");
  expect(await command).toBe(3);
  await second.detach();
  expect([cloud.empty, await files()]).toEqual([true, []]);
  await rm(directory, { recursive: true });
});

test("A guest's detach leaves the cluster to its leader", async () => {
  await using cloud = await FakeCloud.open();
  await using owner: ClusterManager = await new FakeCluster({ cloud, name: "kept", nWorkers: 1 }).start();
  const guest = await clusterOf(cloud).attach("kept");
  expect(await guest.workers()).toHaveLength(1);
  const [before] = await FakeCluster.list({ cloud });
  await guest.detach();
  expect(await FakeCluster.list({ cloud })).toEqual([before]);
  await owner.scale(2);
  expect(await owner.workers()).toHaveLength(2);
});
