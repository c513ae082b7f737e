import { existsSync } from "node:fs";

import fc from "fast-check";
import { expect, test } from "vitest";

import { LocalCluster } from "../../providers/local/index.ts";
import { isolatedState } from "../support/local-state.ts";
import { NO_DASHBOARD } from "../support/no-dashboard.ts";
import { patient } from "../support/patience.ts";
import { seedOfRun } from "../support/seed.ts";
import { live, type Sequence, sequences } from "../support/sequence.ts";
import { leaderOf, PeakWatch, processesOf } from "./life/machine-processes.ts";

isolatedState();

const RUNS = 30;
const AT_A_TIME = 2;

async function run(sequence: Sequence): Promise<void> {
  const cluster = new LocalCluster({
    nWorkers: sequence.nWorkers,
    lostWorkerTimeoutMs: 1000,
    startTimeoutMs: patient(60_000),
    closeTimeoutMs: patient(30_000),
    ...NO_DASHBOARD,
    workerOptions: { ...NO_DASHBOARD.workerOptions, nthreads: 1, nanny: false },
    closeOnExit: false,
  });
  cluster.onProgress(() => undefined);
  const kill = async (id: string): Promise<void> => {
    // It may have exited by itself meanwhile.
    const leader = await leaderOf(cluster, id).catch(() => undefined);
    if (leader !== undefined) killGroup(leader);
  };
  let cap: number;
  await using watch = new PeakWatch(cluster);
  try {
    cap = await live(sequence, { cluster, kill, timeoutMs: patient(60_000) });
  } finally {
    await cluster.close();
  }
  expect(watch.peak).toBeLessThanOrEqual(cap);
  expect([cluster.state, existsSync(cluster.stateDirectory), await processesOf(cluster)]).toEqual([
    "closed",
    false,
    [],
  ]);
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const NAME = "Whatever happens to a real cluster in whatever order: never too many machines, no hang, nothing left";

test.for([seedOfRun()])(`${NAME} (DASK_FLEET_SEED=%i)`, { timeout: patient(600_000) }, async (seed) => {
  const waiting = fc.sample(sequences, { numRuns: RUNS, seed });
  const failures: string[] = [];
  const runner = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const sequence = next;
      await run(sequence).catch((error: unknown) => {
        failures.push(`${JSON.stringify(sequence)}\n${error instanceof Error ? error.stack : String(error)}`);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, runner));
  expect(failures).toEqual([]);
});
