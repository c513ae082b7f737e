import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { thisComputer } from "../../../providers/local/machines/control-groups.ts";
import { isolatedState } from "../../support/local-state.ts";
import { NO_DASHBOARD } from "../../support/no-dashboard.ts";
import { runLocalProgram } from "../../support/run-local-program.ts";

isolatedState();

const { processors, memoryBytes } = thisComputer();

/** The share of one of several machines, as Dask reports it. */
async function sizes(cluster: LocalCluster): Promise<readonly { nthreads: number; memoryLimit: number }[]> {
  return (await cluster.workers()).map(({ nthreads, memoryLimit }) => ({ nthreads, memoryLimit }));
}

test("Machines share the computer by their intended number, and leave memory to the scheduler", async () => {
  await using cluster = await new LocalCluster({ ...NO_DASHBOARD, nWorkers: 2 }).start();
  const [first, second] = await sizes(cluster);
  expect(first).toEqual(second);
  expect(first?.nthreads).toBe(Math.max(1, Math.ceil(processors / 2)));
  expect(Number(first?.memoryLimit) * 2).toBeGreaterThan(memoryBytes * 0.8);
  expect(Number(first?.memoryLimit) * 2).toBeLessThan(memoryBytes);

  await cluster.scale(4);
  const four = await sizes(cluster);
  const quarter = {
    nthreads: Math.max(1, Math.ceil(processors / 4)),
    memoryLimit: Math.floor(Number(first?.memoryLimit) / 2),
  };
  expect(four).toHaveLength(4);
  expect(four.filter(({ memoryLimit }) => memoryLimit === quarter.memoryLimit)).toEqual([quarter, quarter]);
});

test("Machines of an adaptive cluster get shares for the maximum number", async () => {
  await using cluster = await new LocalCluster(NO_DASHBOARD).start();
  await cluster.adapt({ minimum: 1, maximum: 6, intervalMs: 100 });
  await cluster.waitForWorkers(1);
  const [only] = await sizes(cluster);
  expect(only?.nthreads).toBe(Math.max(1, Math.ceil(processors / 6)));
  expect(only?.memoryLimit).toBeLessThan(memoryBytes / 6);
});

test("sharedBy overrides the cluster's size, and workerOptions override sharedBy", async () => {
  await using cluster = await new LocalCluster({
    ...NO_DASHBOARD,
    nWorkers: 2,
    sharedBy: 1,
    workerOptions: { nthreads: 7 },
  }).start();
  const [first, second] = await sizes(cluster);
  expect(first).toEqual(second);
  expect(first?.nthreads).toBe(7);
  expect(first?.memoryLimit).toBeGreaterThan(memoryBytes * 0.8);
  expect(cluster.previewStartupScript("worker")).toContain(`--memory-limit=${first?.memoryLimit}`);
});

test("Groups share the computer fairly: a machine of any group gets the same, unless its group says otherwise", async () => {
  await using cluster = await new LocalCluster({
    ...NO_DASHBOARD,
    workers: { cpu: { count: 2 }, own: { count: 1, sharedBy: 1 }, slim: { count: 1, workerOptions: { nthreads: 5 } } },
  }).start();
  const byGroup = new Map((await cluster.workers()).map(({ group, ...worker }) => [group, worker]));
  const fourth = { nthreads: Math.max(1, Math.ceil(processors / 4)), memoryLimit: byGroup.get("cpu")?.memoryLimit };
  expect(Number(fourth.memoryLimit) * 4).toBeGreaterThan(memoryBytes * 0.8);
  expect(Number(fourth.memoryLimit) * 4).toBeLessThan(memoryBytes);
  expect(byGroup.get("cpu")).toMatchObject(fourth);
  expect(byGroup.get("slim")).toMatchObject({ ...fourth, nthreads: 5 });
  expect(byGroup.get("own")?.nthreads).toBe(processors);
  expect(Number(byGroup.get("own")?.memoryLimit) / 4).toBeCloseTo(Number(fourth.memoryLimit), -1);
});

test("A program limited to one processor starts workers for one", async () => {
  const [cpu] =
    /\d+/u.exec(execFileSync("taskset", ["-cp", String(process.pid)], { encoding: "utf8" }).split(":")[1] ?? "") ?? [];
  const { workers } = await runLocalProgram({ place: ["taskset", "-c", cpu ?? ""], options: { nWorkers: 1 } });
  expect(workers).toEqual([expect.objectContaining({ nthreads: 1 })]);
});
