import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { until } from "../../support/until.ts";
import { leaderOf, PeakWatch, processesOf } from "./machine-processes.ts";
import { Told } from "./told.ts";

isolatedState();

/** Three ways to kill a worker; each returns its machine. */
const KILLS: readonly [what: string, kill: (cluster: LocalCluster, machineId: string) => Promise<void>][] = [
  ["the whole machine", async (cluster, id) => void process.kill(-(await leaderOf(cluster, id)), "SIGKILL")],
  ["the machine's power switch", async (cluster, id) => void process.kill(await leaderOf(cluster, id), "SIGKILL")],
  [
    "every process of Dask",
    async (cluster, id) => {
      const dask = (await processesOf(cluster)).filter(
        ({ machineId, command }) => machineId === id && /python|dask/.test(command) && !command.startsWith("bash"),
      );
      expect(dask.length).toBeGreaterThan(0);
      for (const { pid } of dask) process.kill(pid, "SIGKILL");
    },
  ],
];

test("A killed worker is replaced, whichever of its processes died, without exceeding the target", async () => {
  await using cluster = new LocalCluster({ ...NO_DASHBOARD, nWorkers: 2, lostWorkerTimeoutMs: 1000 });
  const told = new Told(cluster);
  await using watch = new PeakWatch(cluster);
  await cluster.start();
  for (const [what, kill] of KILLS) {
    const [victim, other] = (await cluster.workers()).map((worker) => worker);
    if (victim?.machineId === undefined || other === undefined) throw new Error("There are no two workers");
    await kill(cluster, victim.machineId);
    let addresses: string[] = [];
    await until(
      `another worker after ${what} was killed`,
      async () => {
        addresses = (await cluster.workers()).map(({ address }) => address);
        return addresses.length === 2 && !addresses.includes(victim.address);
      },
      60_000,
      () => JSON.stringify([addresses, told.events.slice(-8)]),
    );
    expect(addresses).toContain(other.address);
    await cluster.waitForWorkers();
  }
  expect(watch.peak).toBe(2);
  expect(told.machines("lost").length).toBeGreaterThanOrEqual(2);
  expect(await cluster.machines()).toHaveLength(3);
});

test("A cluster whose scheduler was killed reports it, closes and leaves no resources", async () => {
  const cluster = await new LocalCluster({ ...NO_DASHBOARD, nWorkers: 1 }).start();
  const told = new Told(cluster);
  const pending = cluster.run("sleep", ["600"], { stdio: "ignore" }).catch((error: unknown) => error);
  process.kill(-(await leaderOf(cluster, `${cluster.name}-scheduler`)), "SIGKILL");
  await until("the close", () => cluster.state === "closed", 30_000);
  expect(told.warnings).toEqual([expect.stringContaining(`The scheduler of ${cluster.name} has ended (crash`)]);
  expect(cluster.closedBecause).toBe("crash");
  await expect(cluster.workers()).rejects.toMatchObject({ code: "CLOSED" });
  await cluster.close();
  expect(await pending).toMatchObject({ code: "CLOSED" });
});
