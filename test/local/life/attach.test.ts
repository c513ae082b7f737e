import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { until } from "../../support/until.ts";
import { Launcher } from "./launcher.ts";
import { leaderOf, PeakWatch } from "./machine-processes.ts";

isolatedState();

test("Another process can inspect, use, scale and close a cluster, and its launcher notices", async () => {
  await using launcher = await Launcher.start();
  const [summary] = await LocalCluster.list();
  expect(summary).toMatchObject({ name: "launched", provider: "local", launcher: { pid: launcher.child.pid } });
  expect(Date.now() - (summary?.createdAt?.getTime() ?? 0)).toBeLessThan(60_000);

  const cluster = await LocalCluster.attach("launched");
  expect(cluster.state).toBe("running");
  const [worker] = await cluster.workers();
  expect(worker).toMatchObject({ name: worker?.machineId, machineId: expect.stringMatching(/^launched-worker-/) });
  const script = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";
  expect(await cluster.run("python", ["-c", script], { stdio: "ignore" })).toBe(0);

  await using watch = new PeakWatch(cluster);
  await cluster.scale(3);
  expect(await cluster.workers()).toHaveLength(3);
  await cluster.scale(1);
  expect(await cluster.workers()).toHaveLength(1);
  expect(watch.peak).toBe(3);

  // The launcher applies the new size.
  await cluster.scale(2);
  const [victim] = await cluster.workers();
  const machine = (await cluster.machines()).find(({ id }) => id === victim?.machineId);
  process.kill(-(await leaderOf(cluster, machine?.id ?? "")), "SIGKILL");
  await until("another worker", async () => {
    const names = (await cluster.workers()).map(({ name }) => name);
    return names.length === 2 && !names.includes(victim?.name ?? "");
  });

  await cluster.close();
  expect(await launcher.end()).toEqual([0, null]);
  expect(launcher.out).toContain("closed");
  expect(launcher.err).toContain("The scheduler of launched has ended");
  expect(await LocalCluster.list()).toEqual([]);
});

test("A detached handle leaves the cluster running and keeps its options", async () => {
  await using cluster = await new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1, security: false }).start();
  const handle = await LocalCluster.attach(cluster.name);
  expect(handle.schedulerAddress).toBe(cluster.schedulerAddress);
  expect(handle.clientEnv()).toEqual(cluster.clientEnv());
  expect(await cluster.workers()).toHaveLength(1);
  for (const each of [cluster, handle]) {
    const message = "The scheduler was started without a dashboard, as its schedulerOptions say.";
    await expect(each.dashboard()).rejects.toMatchObject({ code: "WRONG_STATE", message });
  }
});

test("Attaching to an unknown name fails", async () => {
  await expect(LocalCluster.attach("nobody")).rejects.toMatchObject({
    code: "CLUSTER_NOT_FOUND",
    message: expect.stringContaining('No cluster named "nobody"'),
  });
  expect(await LocalCluster.list()).toEqual([]);
});
