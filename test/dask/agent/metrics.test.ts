import { expect, test } from "vitest";

import { metricsText } from "../../../src/dask/agent/metrics.ts";
import { type Sample, parsePrometheus } from "../../support/prometheus-text.ts";
import { until } from "../../support/until.ts";
import { connectWithAgent, daskWithLoader } from "./agent-dask.ts";

/** A worker's name with everything that needs escaping. */
const NAME = String.raw`w "0" \n`;

/** A scheduler with workers whose heartbeats user code has spoilt, and more of them than have series of their own. */
const SPOILT = String.raw`
import os
from distributed import Client

async def measure(dask_scheduler):
    import sys
    module = sys.modules["dask_fleet_agent.metrics"]
    [real] = dask_scheduler.workers.values()

    class Worker:
        def __init__(self, name, metrics):
            self.name, self.metrics = name, metrics
            self.nthreads, self.memory_limit, self.processing = 2, None, {}
            self.last_seen, self.status = real.last_seen, real.status

    inf = float("inf")
    odd = [
        None,
        [],
        {"task_counts": 7, "memory": "much", "managed_bytes": 10**400, "cpu": True},
        {"transfer": {"incoming_bytes": float("nan"), "x": 1}, "spilled_bytes": None, "event_loop_interval": inf},
    ]
    names = ["a\nb", "\ud800", 7, "7", "x" * 1000, ("t",), "(rest)"]
    spoilt = [Worker(names[i] if i < len(names) else f"i-{i}", odd[i % 4]) for i in range(1100)]

    class Scheduler:
        workers = dict(enumerate(spoilt))

        def __getattr__(self, name):
            return getattr(dask_scheduler, name)

        def adaptive_target(self):
            raise ValueError("another Dask")

    return await module.Metrics(Scheduler()).text()

with Client(os.environ["SCHEDULER"]) as client:
    client.gather([client.submit(pow, 2, i, key=f"prefix{chr(97 + i)}-{i}") for i in range(3)])
    print(client.run_on_scheduler(measure))
`;

test("The metrics of scheduler and workers are one valid text, with names of Dask's own", async () => {
  await using dask = await daskWithLoader("127.83.11.1");
  await using client = await connectWithAgent(dask);
  expect(client.installed?.failed).toEqual({});
  await dask.addWorker(NAME, ["--no-nanny"]);
  const look = async (): Promise<readonly Sample[]> => parsePrometheus(await metricsText(client));
  // The first heartbeat comes after the registration.
  const isManaged = ({ name, labels }: Sample): boolean =>
    name === "dask_worker_memory_bytes" && labels["type"] === "managed" && labels["worker"] === NAME;
  await until("the worker's memory", async () => (await look()).some(isManaged), 30_000);
  const samples = await look();
  const valueOf = (name: string, labels: object = {}): number | undefined =>
    samples.find((each) => each.name === name && JSON.stringify(each.labels) === JSON.stringify(labels))?.value;
  expect(valueOf("dask_scheduler_workers", { state: "idle" })).toBe(1);
  expect(valueOf("dask_scheduler_clients")).toBe(0);
  expect(valueOf("dask_scheduler_desired_workers")).toBe(0);
  expect(valueOf("dask_worker_threads", { worker: NAME })).toBe(1);
  expect(valueOf("dask_fleet_worker_memory_limit_bytes", { worker: NAME })).toBe(400_000_000);
  expect(valueOf("dask_fleet_metrics_incomplete")).toBeUndefined();

  const spoilt = parsePrometheus(`${await dask.python(SPOILT)}\n`);
  const workers = new Set(spoilt.flatMap(({ labels }) => labels["worker"] ?? []));
  expect(workers.size).toBeLessThanOrEqual(1001);
  expect(["(rest)", "a\nb", "7", "x".repeat(128)].filter((name) => !workers.has(name))).toEqual([]);
  expect(spoilt.find(({ name }) => name === "dask_fleet_metrics_incomplete")?.value).toBe(1);
  // None is lost: the others share a series.
  const threads = spoilt.filter(({ name }) => name === "dask_worker_threads").map(({ value }) => value);
  expect(threads.reduce((sum, each) => sum + each, 0)).toBe(2200);
});
