import { join } from "node:path";

import { expect, test } from "vitest";

import { LocalCluster } from "../../../providers/local/index.ts";
import { isolatedState } from "../../support/local-state.ts";

isolatedState();

const SEES_ENVIRONMENT = `
import os
from distributed import Client
client = Client()
seen = set(client.run(lambda: os.environ["GREETING"]).values())
seen.add(client.run_on_scheduler(lambda: os.environ["GREETING"]))
assert seen == {"it's $HOME & more"}, seen
assert client.submit(lambda: 1, resources={"SLOT": 2}).result() == 1
`;

test("Machines with several workers join, report their options, and retire as one", async () => {
  await using cluster = await new LocalCluster({
    nWorkers: 2,
    envVars: { GREETING: "it's $HOME & more" },
    workerOptions: { nworkers: 2, nthreads: 3, memoryLimit: "512MiB", resources: { SLOT: 2 } },
  }).start();

  const workers = await cluster.workers();
  const machines = await cluster.machines();
  const workerMachines = machines.filter(({ role }) => role === "worker");
  const expected = workerMachines.flatMap(({ id }) => [`${id}-0`, `${id}-1`]).sort();
  expect(workers.map(({ name }) => name).sort()).toEqual(expected);
  for (const worker of workers) {
    const machine = workerMachines.find(({ id }) => id === worker.machineId);
    expect(worker).toMatchObject({
      nthreads: 3,
      memoryLimit: 512 * 1024 ** 2,
      resources: { SLOT: 2 },
      status: "running",
      host: machine?.privateAddress,
      address: expect.stringMatching(`^tls://${machine?.privateAddress}:\\d+$`),
    });
    expect(worker.localDirectory).toContain(join(cluster.stateDirectory, "machines", worker.machineId ?? ""));
  }
  expect(machines.map(({ role, state }) => `${role} ${state}`).sort()).toEqual([
    "scheduler running",
    "worker running",
    "worker running",
  ]);
  expect(new Set(machines.map(({ privateAddress }) => privateAddress)).size).toBe(3);
  expect(machines.every(({ id, nodeName }) => id === nodeName && id.startsWith(`${cluster.name}-`))).toBe(true);

  expect(await cluster.run("python", ["-c", SEES_ENVIRONMENT], { stdio: ["ignore", "ignore", "inherit"] })).toBe(0);

  const logs = await cluster.logs();
  expect(logs.scheduler.map(({ message }) => message).join("\n")).toContain("Register worker");
  expect(Object.keys(logs.workers).sort()).toEqual(expected);
  for (const lines of Object.values(logs.workers)) {
    expect(lines.map(({ message }) => message).join("\n")).toContain("Start worker at");
  }
  const short = await cluster.logs({ n: 1 });
  expect([short.scheduler.length, ...Object.values(short.workers).map(({ length }) => length)]).toEqual([
    1, 1, 1, 1, 1,
  ]);

  await cluster.scale(1);
  const [first, second, ...more] = await cluster.workers();
  expect([first?.machineId, more]).toEqual([second?.machineId, []]);
  expect(await cluster.machines()).toHaveLength(2);
});
