import { expect, test } from "vitest";

import { endsState, moveDeadline, sayPresent, touch } from "../../../src/dask/agent/ends.ts";
import { RemoteError } from "../../../src/dask/answer.ts";
import { patient } from "../../support/patience.ts";
import { connectWithAgent, daskWithLoader } from "./agent-dask.ts";

const IDLE_MS = patient(1500);
const NO_CLIENT_MS = patient(1500);

/** A part of the agent has work under way for as long as twice the idle time-out. */
const HELD_OFF = `
import os, time
from distributed import Client

def hold(dask_scheduler):
    dask_scheduler.idle_timeout = ${IDLE_MS / 1000}
    dask_scheduler.fleet_loader.agent.busy["jobs"] = lambda: True

def let_go(dask_scheduler):
    dask_scheduler.fleet_loader.agent.busy["jobs"] = lambda: 1 / 0

def idle(dask_scheduler):
    return dask_scheduler.check_idle()

with Client(os.environ["SCHEDULER"]) as client:
    client.run_on_scheduler(hold)
    for _ in range(4):
        time.sleep(${IDLE_MS / 2000})
        assert client.run_on_scheduler(idle) is None
    print("held off")
    client.run_on_scheduler(let_go)
`;

test("Work of the agent's parts holds off Dask's idle time-out, and a part that fails does not hold it for ever", async () => {
  // Until work holds it off it is long: the first worker and client may take their time.
  const env = { DASK_DISTRIBUTED__SCHEDULER__IDLE_TIMEOUT: `${IDLE_MS * 10}ms` };
  await using dask = await daskWithLoader("127.83.10.1", env);
  await using client = await connectWithAgent(dask, { ends: { joinSeconds: 60 } });
  expect(client.installed?.failed).toEqual({});
  await dask.addWorker("w");
  expect(await dask.python(HELD_OFF)).toBe("held off");
  await dask.ended();
});

/** A task that asks for a client, and a client of dask-fleet's. */
const CLIENTS = `
import os
from distributed import Client, get_client

def nested():
    return "worker" in get_client().id

with Client(os.environ["SCHEDULER"], name="dask-fleet-calls"):
    with Client(os.environ["SCHEDULER"]) as client:
        def keys(dask_scheduler):
            scheduler = dask_scheduler.handlers["fleet_ends"]()["clients"]
            return scheduler, len(dask_scheduler.clients)
        print(client.submit(nested).result(), *client.run_on_scheduler(keys))
`;

test("The scheduler ends without a client, launcher and work; workers' own clients and dask-fleet's do not count", async () => {
  await using dask = await daskWithLoader("127.83.10.2");
  await using client = await connectWithAgent(dask, { ends: { noClientSeconds: NO_CLIENT_MS / 1000 } });
  await sayPresent(client, "me", 600_000);
  await dask.addWorker("w", ["--no-nanny"]);
  // fire-and-forget, ours, the script's and the worker's.
  expect(await dask.python(CLIENTS)).toBe("True 1 4");
  expect(await endsState(client)).toMatchObject({ clients: 0, launchers: 1, work: [], aloneMs: 0 });
  for (const [launcher, lease] of [
    ["", 1],
    [7, 1],
    ["x".repeat(101), 1],
    ["me", -1],
    ["me", 601],
    ["me", "long"],
    ["me", true],
  ]) {
    await expect(client.ask({ op: "fleet_present", launcher, lease })).rejects.toThrow(RemoteError);
  }
  await touch(client);
  await sayPresent(client, "me", 0);
  await dask.ended();
});

test("A deadline can be moved up to the end of the machines' lifetime, and ends the scheduler", async () => {
  await using dask = await daskWithLoader("127.83.10.3");
  const expiresAt = Math.floor(Date.now() / 1000) + 3600;
  await using client = await connectWithAgent(dask, { ends: { expiresAt } });
  const later = new Date((expiresAt - 60) * 1000);
  expect(await moveDeadline(client, later)).toEqual(later);
  const nonsense = [
    0,
    -1,
    5,
    true,
    "soon",
    [],
    2 ** 60,
    Date.now(),
    expiresAt + 60,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ];
  for (const at of nonsense) {
    await expect(client.ask({ op: "fleet_deadline", at })).rejects.toThrow(RemoteError);
  }
  await expect(client.ask({ op: "fleet_deadline", clear: "yes" })).rejects.toThrow(RemoteError);
  expect((await endsState(client)).deadline).toEqual(later);
  expect(await moveDeadline(client, undefined)).toBeUndefined();
  await moveDeadline(client, new Date(Date.now() + patient(2000)));
  await dask.ended();
});
