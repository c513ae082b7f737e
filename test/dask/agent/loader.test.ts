import { expect, test } from "vitest";

import { installAgent } from "../../../src/dask/agent/install.ts";
import { RemoteError } from "../../../src/dask/answer.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { DaskProcesses } from "../client/dask-processes.ts";
import { LOADER, connectWithAgent, daskWithLoader } from "./agent-dask.ts";

const LOADED = `
import os
from distributed import Client

def loaded():
    import sys
    return "dask_fleet_agent.core" in sys.modules

with Client(os.environ["SCHEDULER"]) as client:
    print(sorted(client.run(loaded).values()), client.run_on_scheduler(loaded))
`;

const SETTINGS = `
import os
from distributed import Client

with Client(os.environ["SCHEDULER"]) as client:
    told = client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.fleet_loader.agent.settings["cluster"])
    workers = client.run(lambda dask_worker: dask_worker.fleet_loader.agent.settings["cluster"])
    print(told, *set(workers.values()))
`;

test("The agent reaches the scheduler, the workers that wait for it and those that join later; the first one wins", async () => {
  await using dask = await daskWithLoader("127.83.9.1");
  const early = dask.addWorker("early");
  await using client = await connectWithAgent(dask);
  expect(client.installed).toEqual({ failed: {} });
  await early;
  await dask.addWorker("late", ["--no-nanny"]);
  expect(await dask.python(LOADED)).toBe("[True, True] True");

  // A repeated request, and a second launcher with other settings.
  expect(await installAgent(client, { cluster: "test" })).toEqual({ failed: {} });
  expect(await installAgent(client, { cluster: "other" })).toEqual({ failed: {} });
  expect(await dask.python(SETTINGS)).toBe("test test");
  await expect(client.ask({ op: "fleet_bundle", wait: "long" })).rejects.toThrow(RemoteError);
});

test("Nonsense instead of a bundle does not keep the agent out", async () => {
  await using dask = await daskWithLoader("127.83.9.2");
  await using client = await SchedulerClient.connect(dask.address);
  for (const bundle of [7, "text", new Uint8Array(9), []]) {
    await expect(client.ask({ op: "fleet_agent", bundle })).rejects.toThrow(RemoteError);
  }
  expect(await installAgent(client, { cluster: "test" })).toEqual({ failed: {} });
});

test("A scheduler without the loader has no agent, and its workers join at once", async () => {
  await using dask = await DaskProcesses.start("127.83.9.3", {
    env: { DASK_DISTRIBUTED__WORKER__PRELOAD: LOADER },
  });
  await using client = await SchedulerClient.connect(dask.address);
  expect(await installAgent(client, { cluster: "test" })).toBeUndefined();
  await dask.addWorker("alone");
});
