import { expect, test } from "vitest";

import type { Demand } from "../../../src/dask/demand.ts";
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

const NOTHING = { sets: [], more: 0, tied: [], idle: [], crowded: [] };

/** A demand that is more than Dask's plain target. */
async function demandOf(client: SchedulerClient): Promise<Demand> {
  const demand = await client.demand();
  if ("workers" in demand) throw new Error("only Dask's plain target is known");
  return demand;
}

test("Demand tells waiting tasks by the resources they need, with their names", async () => {
  await using dask = await daskWithLoader("127.83.7.1");
  await using client = await connectWithAgent(dask);
  expect(await client.demand()).toEqual(NOTHING);

  // A task tied to a worker that is not there counts for no set.
  await leave(
    dask,
    "leave(40)",
    "leave(30, resources={'GPU': 1})",
    "leave(7, workers=['tcp://127.83.7.99:4000', 'gone'])",
  );
  const waiting = { running: 0, seceded: 0, names: ["work"] };
  expect(await client.demand()).toEqual({
    ...NOTHING,
    sets: [
      { ...waiting, resources: {}, waiting: 40, seconds: 20 },
      { ...waiting, resources: { GPU: 1 }, waiting: 30, seconds: 15 },
    ],
    tied: [{ tasks: 7, places: ["gone", "tcp://127.83.7.99:4000"] }],
  });
});

test("Demand of very many kinds of tasks has the largest ones, and the number of the rest", async () => {
  await using dask = await daskWithLoader("127.83.7.6");
  await using client = await connectWithAgent(dask);
  await leave(dask, "[leave(2 if kind < 5 else 1, resources={'R%d' % kind: 1}) for kind in range(105)]");
  const { sets, more } = await demandOf(client);
  expect([sets.length, more]).toEqual([100, 5]);
  expect(sets.slice(0, 6).map(({ waiting }) => waiting)).toEqual([2, 2, 2, 2, 2, 1]);
});

test("A single task that needs a resource is seen among very many plain ones", async () => {
  await using dask = await daskWithLoader("127.83.7.7");
  await using client = await connectWithAgent(dask);
  await leave(dask, "leave(9000)", "leave(1, resources={'GPU': 1})");
  const { sets } = await demandOf(client);
  expect(sets).toMatchObject([
    { resources: {}, waiting: 9000, seconds: 4500 },
    { resources: { GPU: 1 }, waiting: 1 },
  ]);
});

test("Tasks on workers count, those tied to one do not, and loose restrictions tie to none", async () => {
  await using dask = await daskWithLoader("127.83.7.3");
  await dask.addWorker("there", ["--no-nanny", "--nthreads", "2", "--resources", "GPU=1"]);
  await using client = await connectWithAgent(dask);
  expect(await client.demand()).toEqual({ ...NOTHING, idle: ["there"] });
  await leave(dask, "leave(40, workers=['there'])");
  expect(await client.demand()).toEqual(NOTHING);
  // Dask gives the one worker all of them.
  await leave(dask, "leave(40, resources={'GPU': 1})", "leave(9, workers=['there'], allow_other_workers=True)");
  expect((await demandOf(client)).sets).toMatchObject([
    { resources: { GPU: 1 }, waiting: 0, running: 40 },
    { resources: {}, waiting: 0, running: 9 },
  ]);
});

/** Tasks that leave their thread, and stay. */
const SECEDE = `
import time
from distributed import Client, fire_and_forget, secede
def stay(number):
    secede()
    time.sleep(300)
fire_and_forget(client.map(stay, range(3), pure=False, resources={"GPU": 1}))
while client.run_on_scheduler(lambda dask_scheduler: sum(len(w.long_running) for w in dask_scheduler.workers.values())) < 3:
    time.sleep(0.02)
`;

test("Tasks that have left their thread need no other, and keep their worker", async () => {
  await using dask = await daskWithLoader("127.83.7.8");
  await dask.addWorker("there", ["--no-nanny", "--nthreads", "1", "--resources", "GPU=3"]);
  await using client = await connectWithAgent(dask);
  await dask.python(`${LEAVE}\nclient = Client(os.environ["SCHEDULER"])\n${SECEDE}`);
  expect(await client.demand()).toMatchObject({
    sets: [{ resources: { GPU: 1 }, running: 3, seceded: 3, seconds: 0, names: ["stay"] }],
    idle: [],
  });
});

/** Tasks of a name of which none has ended, and one runs. */
const SLOW = `
import time
from distributed import Client, fire_and_forget
def slow(number):
    time.sleep(300)
fire_and_forget(client.map(slow, range(2), pure=False, resources={"GPU": 1}))
while client.run_on_scheduler(lambda dask_scheduler: max((p.max_exec_time for p in dask_scheduler.task_prefixes.values()), default=0)) < 1:
    time.sleep(0.1)
`;

test("Tasks of unknown duration count twice the time that the longest of them has run so far", async () => {
  await using dask = await daskWithLoader("127.83.7.9");
  await dask.addWorker("there", ["--no-nanny", "--nthreads", "1", "--resources", "GPU=1"]);
  await using client = await connectWithAgent(dask);
  await dask.python(`${LEAVE}\nclient = Client(os.environ["SCHEDULER"])\n${SLOW}`);
  expect((await demandOf(client)).sets[0]?.seconds).toBeGreaterThanOrEqual(4);
});

/** Leaves a result of 300 MB, as far as Dask knows, on each worker that is named. */
const HOLD = `
from distributed import Client, wait
class Big:
    def __sizeof__(self):
        return 300_000_000
def hold(number):
    return Big()
def put(*names):
    futures = [client.submit(hold, name, workers=[name], pure=False) for name in names]
    wait(futures)
    keys = [future.key for future in futures]
    client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.client_desires_keys(keys, "kept"))
`;

test("A worker may leave when it is idle and its results have room elsewhere; one kind's results keep no other kind", async () => {
  await using dask = await daskWithLoader("127.83.7.10");
  for (const name of ["a", "b"]) await dask.addWorker(name, ["--no-nanny", "--memory-limit", "1GB"]);
  await dask.addWorker("gpu", ["--no-nanny", "--memory-limit", "1GB", "--resources", "GPU=1"]);
  await using client = await connectWithAgent(dask);
  expect((await demandOf(client)).idle.toSorted()).toEqual(["a", "b", "gpu"]);
  await dask.python(`${LEAVE}\nclient = Client(os.environ["SCHEDULER"])\n${HOLD}\nput("a", "b")`);
  // Twice the memory of 600 MB is more than one worker has.
  expect((await demandOf(client)).idle).toEqual(["gpu"]);
  expect((await demandOf(client)).crowded).toEqual([]);
  await dask.python(`${LEAVE}\nclient = Client(os.environ["SCHEDULER"])\n${HOLD}\nput("gpu", "gpu", "gpu")`);
  const { idle, crowded } = await demandOf(client);
  expect([idle, crowded]).toEqual([[], [{ GPU: 1 }]]);
});

test("The data of a retired worker go to its own kind first, and elsewhere where that has no room", async () => {
  await using dask = await daskWithLoader("127.83.7.11");
  for (const name of ["gpu-1", "gpu-2"])
    await dask.addWorker(name, ["--no-nanny", "--memory-limit", "4GB", "--resources", "GPU=1"]);
  // They have the most free memory.
  for (const name of ["cpu-1", "cpu-2"]) await dask.addWorker(name, ["--no-nanny", "--memory-limit", "4GB"]);
  await using client = await connectWithAgent(dask);
  await dask.python(
    `${LEAVE}\nclient = Client(os.environ["SCHEDULER"])\n${HOLD}\nput("gpu-1", "gpu-1", "gpu-2", "gpu-2", "gpu-2")`,
  );
  await client.retireWorkers({ names: ["gpu-1"] });
  const count = async (): Promise<unknown> =>
    JSON.parse(
      await dask.python(
        `${LEAVE}\nimport json\nclient = Client(os.environ["SCHEDULER"])\nprint(json.dumps(client.run_on_scheduler(lambda dask_scheduler: {str(w.name): len(w.has_what) for w in dask_scheduler.workers.values()})))`,
      ),
    );
  expect(await count()).toEqual({ "gpu-2": 5, "cpu-1": 0, "cpu-2": 0 });
  await client.retireWorkers({ names: ["gpu-2"] });
  expect(Object.values((await count()) as Record<string, number>).reduce((a, b) => a + b)).toBe(5);
});

test("A scheduler with unknown internals falls back to Dask's adaptive target", async () => {
  await using dask = await daskWithLoader("127.83.7.5");
  await using client = await connectWithAgent(dask);
  const change = [
    "client.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, 'adaptive_target', lambda seconds: 3))",
    "client.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, 'workers_to_close', None))",
  ];
  await leave(dask, ...change, "leave(10, resources={'GPU': 1})");
  for (let look = 0; look < 3; look += 1) expect(await client.demand()).toEqual({ workers: 3 });
});

test("A scheduler without the preload reports Dask's adaptive target", async () => {
  await using dask = await DaskProcesses.start("127.83.7.4");
  await using client = await SchedulerClient.connect(dask.address);
  await leave(dask, "leave(10, resources={'GPU': 1})");
  for (let look = 0; look < 5; look += 1) {
    expect(await client.demand()).toEqual({ workers: await client.adaptiveTarget() });
  }
});
