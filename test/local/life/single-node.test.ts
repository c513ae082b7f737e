import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster, type LocalClusterOptions } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { until } from "../../support/until.ts";
import { Told } from "./told.ts";

isolatedState();

const ONE: LocalClusterOptions = {
  ...NO_DASHBOARD,
  singleNode: true,
  workerOptions: { ...NO_DASHBOARD.workerOptions, nworkers: 2, nthreads: 1 },
};
const COMPUTE = "from distributed import Client; assert Client().submit(sum, [1, 2, 3]).result() == 6";

/** The start script of the workers beside the scheduler. */
function script(cluster: LocalCluster): number | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/u.test(name))) {
    const words = commandOf(pid).split("\0");
    if (words[2] === "dask-worker" && words[1]?.startsWith(join(cluster.stateDirectory, "machines")) === true)
      return Number(pid);
  }
  return undefined;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

test("Scheduler and workers share one machine, over TLS and without; scaling adds machines and leaves its own workers", async () => {
  for (const security of [true, false]) {
    await using cluster = new LocalCluster({ ...ONE, security });
    const told = new Told(cluster);
    await cluster.start();
    const node = `${cluster.name}-scheduler`;
    const own = [`${node}-0`, `${node}-1`];
    const names = async (): Promise<readonly string[]> => (await cluster.workers()).map(({ name }) => name).toSorted();
    expect(await names()).toEqual(own);
    expect((await cluster.machines()).map(({ id }) => id)).toEqual([node]);
    expect(await cluster.run("python", ["-c", COMPUTE])).toBe(0);

    await cluster.scale(1);
    expect(await names()).toHaveLength(4);
    const status = await LocalCluster.status(cluster.name);
    expect(status.beside).toEqual({ joined: 2, wanted: 2 });
    expect(status.groups).toMatchObject([{ name: "default", target: 1, joined: 1 }]);
    expect(
      status.workers
        ?.filter(({ machineId }) => machineId === node)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(own);
    await cluster.scale(0);
    expect(await names()).toEqual(own);
    expect(told.warnings).toEqual([]);
  }
});

test("Results stay when the last other machine goes: its own workers take them", async () => {
  await using cluster = await new LocalCluster({ ...ONE, nWorkers: 1 }).start();
  const hold = `
from distributed import Client
with Client() as client:
    there = [each for each, about in client.scheduler_info()["workers"].items() if "-worker-" in about["id"]]
    client.publish_dataset(held=client.submit(pow, 2, 100, workers=there[:1], allow_other_workers=False))
    client.get_dataset("held").result()
`;
  expect(await cluster.run("python", ["-c", hold])).toBe(0);
  await cluster.scale(0);
  const fetch = "from distributed import Client; assert Client().get_dataset('held').result(timeout=20) == 2 ** 100";
  expect(await cluster.run("python", ["-c", fetch])).toBe(0);
});

test("Workers that cannot run end the start with their own words", async () => {
  const cluster = new LocalCluster({ ...ONE, workerOptions: { noSuchOption: 1 } });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "START_FAILED",
    message: expect.stringMatching(
      /^The workers on the scheduler's machine \S+-scheduler gave up: the node could not start \(status 78\)[^]*no-such-option/u,
    ),
  });
});

test("Its workers are started again; when they fail for good, the cluster says so and goes on", async () => {
  await using cluster = new LocalCluster({ ...ONE, lostWorkerTimeoutMs: 500 });
  const told = new Told(cluster);
  await cluster.start();
  const killed = new Set<number>();
  while (killed.size < 4) {
    let pid: number | undefined;
    await until("the workers' script", () => (pid = script(cluster)) !== undefined && !killed.has(pid));
    killed.add(pid ?? 0);
    process.kill(pid ?? 0, "SIGKILL");
  }
  await until(
    "the trouble",
    () => told.warnings.some((words) => words.startsWith("Of the 2 workers on the scheduler's machine")),
    undefined,
    () => cluster.describe(),
  );
  expect(cluster.state).toBe("running");
  await cluster.scale(1);
  expect(await cluster.run("python", ["-c", COMPUTE])).toBe(0);
});
