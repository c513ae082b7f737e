import { expect, test } from "vitest";

import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { connectWithAgent, daskWithLoader } from "../agent/agent-dask.ts";
import { DaskProcesses } from "./dask-processes.ts";

/** Tasks that stay on the scheduler until it exits. */
const LEAVE = `
import os, time
from distributed import Client, fire_and_forget

def work(number):
    time.sleep(300)

def tasks(dask_scheduler):
    return len(dask_scheduler.tasks)

def leave(count, **how):
    before = client.run_on_scheduler(tasks)
    fire_and_forget(client.map(work, range(count), pure=False, **how))
    while client.run_on_scheduler(tasks) < before + count:
        time.sleep(0.02)
`;

async function leave(dask: DaskProcesses, ...calls: readonly string[]): Promise<void> {
  const script = `${LEAVE}\nwith Client(os.environ["SCHEDULER"]) as client:\n    ${calls.join("\n    ")}\n`;
  await dask.python(script);
}

test("Demand counts no worker for unrunnable tasks, and reports the resources they need", async () => {
  await using dask = await daskWithLoader("127.83.7.1");
  await using client = await connectWithAgent(dask);
  expect(await client.demand()).toMatchObject({ workers: 0, present: 0, unrunnable: [] });

  await leave(dask, "leave(50, resources={'GPU': 1})", "leave(20, resources={'GPU': 2, 'MEM': 1e9})");
  expect(await client.adaptiveTarget()).toBeGreaterThan(0);
  const gpu = { tasks: 50, resources: { GPU: 1 }, places: [] };
  const big = { tasks: 20, resources: { GPU: 2, MEM: 1e9 }, places: [] };
  expect(await client.demand()).toMatchObject({ workers: 0, present: 0, unrunnable: [gpu, big] });
  // Resources that workers offer are not reported as missing.
  expect((await client.demand({ resources: { MEM: 1e9 } })).unrunnable).toEqual([
    gpu,
    { ...big, resources: { GPU: 2 } },
  ]);

  // Runnable tasks are counted as Dask counts them.
  expect(await client.demand({ resources: { GPU: 2, MEM: 2e9 } })).toMatchObject({
    workers: await client.adaptiveTarget(),
    present: 0,
    unrunnable: [],
  });
});

test("Demand counts waiting and running tasks by the resources they need", async () => {
  await using dask = await daskWithLoader("127.83.7.6");
  await using client = await connectWithAgent(dask);
  expect(await client.demand()).toMatchObject({ sets: [], more: 0 });
  // Tied ones count for no set.
  await leave(dask, "leave(40)", "leave(30, resources={'GPU': 1})", "leave(7, workers=['gone'])");
  const gpu = { resources: { GPU: 1 }, waiting: 30, running: 0, seconds: 15 };
  const plain = { resources: {}, waiting: 40, running: 0, seconds: 20 };
  expect(await client.demand()).toMatchObject({ sets: [plain, gpu], more: 0 });

  // Very many kinds: the largest ones, and the number of the rest.
  await leave(dask, ...Array.from({ length: 25 }, (_, kind) => `leave(2, resources={'R${kind}': 1})`));
  const many = await client.demand();
  expect(many.sets).toHaveLength(20);
  expect(many.more).toBe(14);
});

test("Demand of mixed work counts the runnable part only", async () => {
  await using dask = await daskWithLoader("127.83.7.2");
  await using client = await connectWithAgent(dask);
  await leave(dask, "leave(1000)");
  const plain = await client.adaptiveTarget(10_000);
  expect(plain).toBeGreaterThan(0);
  await leave(dask, "leave(50, resources={'GPU': 1})", "leave(1, workers=['tcp://127.83.7.99:4000', 'gone'])");
  expect(await client.demand({ targetDurationMs: 10_000 })).toMatchObject({
    workers: plain,
    present: 0,
    unrunnable: [
      { tasks: 50, resources: { GPU: 1 }, places: [] },
      { tasks: 1, resources: {}, places: ["gone", "tcp://127.83.7.99:4000"] },
    ],
  });
});

test("Tasks tied to a worker create no demand, wherever they wait", async () => {
  await using dask = await daskWithLoader("127.83.7.3");
  await dask.addWorker("there", ["--no-nanny", "--resources", "GPU=1"]);
  await using client = await connectWithAgent(dask);
  await leave(dask, "leave(40, workers=['there'])", "leave(40, resources={'GPU': 1})");
  // The worker's resource is not offered by new workers.
  expect(await client.demand()).toMatchObject({ workers: 1, present: 1, unrunnable: [] });
  const withGpu = await client.demand({ resources: { GPU: 1 } });
  expect(withGpu.workers).toBeGreaterThan(1);
  expect(withGpu.workers).toBeLessThan(await client.adaptiveTarget());
  expect(withGpu.sets).toMatchObject([{ resources: { GPU: 1 }, running: expect.any(Number) }]);
  expect(withGpu.sets[0]?.running).toBeGreaterThan(0);
  await leave(dask, "leave(40, workers=['there'], allow_other_workers=True)");
  expect((await client.demand()).workers).toBeGreaterThan(1);
});

test("A scheduler with unknown internals falls back to Dask's adaptive target", async () => {
  await using dask = await daskWithLoader("127.83.7.5");
  await using client = await connectWithAgent(dask);
  const change =
    "client.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, 'adaptive_target', lambda seconds: 3))";
  await leave(dask, change, "leave(10, resources={'GPU': 1})");
  for (let look = 0; look < 3; look += 1) {
    expect(await client.demand()).toMatchObject({ workers: 3, present: 0, unrunnable: [] });
  }
});

test("A scheduler without the preload reports Dask's adaptive target", async () => {
  await using dask = await DaskProcesses.start("127.83.7.4");
  await using client = await SchedulerClient.connect(dask.address);
  await leave(dask, "leave(10, resources={'GPU': 1})");
  for (let look = 0; look < 5; look += 1) {
    expect(await client.demand()).toMatchObject({
      workers: await client.adaptiveTarget(),
      present: undefined,
      unrunnable: [],
    });
  }
});
