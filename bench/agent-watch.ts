// What watching costs and gains: the share of a scheduler's event loop with 1,000 registered workers, and the time from a worker's join
// until the launcher has seen it, with the agent and without (polling, as before there was one).
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { daskPython } from "../test/support/python.ts";
import { FakeCloud } from "../test/unit/cluster/fake-cloud.ts";
import { FakeCluster } from "../test/unit/cluster/fake-cluster.ts";

const WORKERS = 1000;
const SECONDS = 30;
const JOINS = 20;

async function loopShare(): Promise<Record<string, number>> {
  const script = fileURLToPath(new URL("agent-watch.py", import.meta.url));
  const agent = fileURLToPath(new URL("../templates/agent", import.meta.url));
  const { stdout } = await promisify(execFile)(daskPython(), [script, agent, String(WORKERS), String(SECONDS)]);
  return JSON.parse(stdout) as Record<string, number>;
}

/** Milliseconds from a worker's return to the end of a wait for it, sorted. */
async function joins(withAgent: boolean): Promise<number[]> {
  await using cloud = await FakeCloud.open();
  cloud.dask.knowsAgent = withAgent;
  await using cluster = new FakeCluster({ cloud, nWorkers: 2, pollIntervalMs: 5000, closeTimeoutMs: 60_000 });
  await cluster.start();
  const id = cloud.workers[0]?.id ?? "";
  const taken: number[] = [];
  for (let nth = 0; nth < JOINS; nth += 1) {
    cloud.dask.leave(id);
    const seen = cluster.describe();
    while (cluster.describe() === seen && seen.includes("2 of 2")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const waiting = cluster.waitForWorkers(2);
    await new Promise((resolve) => setTimeout(resolve, 150 + 37 * (nth % 5)));
    const beganAt = performance.now();
    cloud.dask.join(id);
    await waiting;
    taken.push(performance.now() - beganAt);
  }
  return taken.toSorted((a, b) => a - b);
}

const state = await mkdtemp(join(tmpdir(), "dask-fleet-bench-"));
process.env["XDG_STATE_HOME"] = state;
try {
  const rows: Record<string, Record<string, string>> = {};
  for (const withAgent of [false, true]) {
    const taken = await joins(withAgent);
    const at = (part: number): string => (taken[Math.floor(part * (taken.length - 1))] ?? 0).toFixed(1);
    rows[withAgent ? "events" : "polling"] = { "median, ms": at(0.5), "slowest, ms": at(1) };
  }
  console.log("From join to seen, while a caller waits:");
  console.table(rows);
  console.table(await loopShare());
} finally {
  await rm(state, { recursive: true, force: true });
}
