import { randomBytes } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { afterAll, beforeAll, expect, test } from "vitest";

import { Calls } from "../../../src/access/calls/calls.ts";
import type { AgentLink } from "../../../src/dask/agent/link.ts";
import { RemoteError } from "../../../src/dask/answer.ts";
import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { until } from "../../support/until.ts";
import { connectWithAgent, daskWithLoader } from "../agent/agent-dask.ts";
import type { DaskProcesses } from "../client/dask-processes.ts";
import { all } from "./all.ts";
import { folderOf } from "./folder.ts";

const WORK = fileURLToPath(new URL("work.py", import.meta.url));

let dask: DaskProcesses;
let client: SchedulerClient;
let calls: Calls;

beforeAll(async () => {
  // A worker that dies once more than this is not tried again.
  dask = await daskWithLoader("127.83.21.1", { DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES: "1" });
  client = await connectWithAgent(dask);
  await Promise.all([dask.addWorker("one"), dask.addWorker("two")]);
  calls = new Calls({ link: () => client });
  await calls.upload([WORK], undefined);
});

afterAll(async () => {
  await calls?.close();
  await client?.close();
  await dask?.stop();
});

/** Runs lines with another client. */
async function onCluster(line: string): Promise<string> {
  return await dask.python(
    `import os\nfrom distributed import Client\nwith Client(os.environ["SCHEDULER"]) as client:\n    ${line}`,
  );
}

test("A call whose worker dies runs again; one that kills its workers says so", async () => {
  expect(await calls.call("work:dies_at_first", [await folderOf(dask, "dies")], {})).toBe("survived");
  await expect(calls.call("work:dies", [1], {})).rejects.toMatchObject({ code: "CALL_FAILED", type: "KilledWorker" });
  const results = await all(calls.map("work:dies", [1], { errors: "yield" }));
  expect(results.map(({ error }) => error?.message)).toEqual([expect.stringContaining("cluster.logs()")]);
  expect(await calls.call("work:echo", [1], {})).toBe(1);
});

test("A restart of the cluster by another client costs a map nothing", async () => {
  const path = await folderOf(dask, "restart");
  const inputs = Array.from({ length: 20 }, () => path);
  const map = all(calls.map("work:held", inputs, { batchSize: 1 }));
  await until("the function runs", async () => (await readdir(path)).length > 0);
  // Old Dask waits long for a thread that goes on.
  await onCluster("client.restart(timeout=5)").catch(() => undefined);
  await writeFile(`${path}.go`, "");
  expect((await map).map(({ value }) => value)).toEqual(inputs.map(() => "done"));
});

test("Lost requests and answers are repeated, and no result comes twice", async () => {
  let asked = 0;
  const lossy: AgentLink = {
    ask: async (request, options) => await client.ask(request, options),
    open: async (options) => {
      const comm = await client.open(options);
      const ask: AgentLink["ask"] = async (request, how) => {
        const turn = (asked += 1) % 5;
        if (turn === 1) throw new DaskFleetError("SCHEDULER_UNREACHABLE", "The request was lost");
        const answer = await comm.ask(request, how);
        if (turn === 3) throw new DaskFleetError("SCHEDULER_UNREACHABLE", "The answer was lost");
        return answer;
      };
      return { ask, close: () => comm.close(), [Symbol.asyncDispose]: () => comm.close() };
    },
  };
  const shaky = new Calls({ link: () => lossy });
  await shaky.upload([WORK], undefined);
  const inputs = Array.from({ length: 100 }, (_, index) => index);
  const results = await all(shaky.map("work:scaled", inputs, { batchSize: 5, ordered: true }));
  expect(results.map(({ value }) => value)).toEqual(inputs);
  const large = new Uint8Array(10_000_000).fill(7);
  expect(await shaky.call("work:echo", [large], {})).toEqual(large);
  await shaky.close();
});

test("A launcher that is gone leaves no tasks: its lease ends", async () => {
  const session = randomBytes(8).toString("hex");
  await client.ask({ op: "fleet_calls_open", session, lease: 1 });
  await client.ask({
    op: "fleet_calls_submit",
    session,
    tasks: [1, 2].map((number) => [number, "operator:add", new Uint8Array(8), null, null]),
  });
  await until("its tasks are released", async () => {
    const tasks = "client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))";
    return (await onCluster(`print(${tasks})`)) === "0";
  });
  expect((await client.ask({ op: "fleet_calls_next", session, wait: 0 })).map().has("lost")).toBe(true);
});

test("A session that the scheduler has forgotten is opened again", async () => {
  const brief = new Calls({ link: () => client, leaseSeconds: 1 });
  expect(await brief.call("operator:add", [1, 2], {})).toBe(3);
  // No request for longer than the lease.
  await until("the scheduler forgets it", async () => {
    const clients = "dask_scheduler.fleet_loader.agent.clients['calls']()";
    return Number(await onCluster(`print(client.run_on_scheduler(lambda dask_scheduler: ${clients}))`)) <= 1;
  });
  expect(await brief.call("operator:add", [2, 2], {})).toBe(4);
  await brief.close();
});

test("Hostile arguments are refused with a sentence, and harm nobody", async () => {
  const session = randomBytes(8).toString("hex");
  const task = [1, "operator:add", new Uint8Array(8), null, null];
  await client.ask({ op: "fleet_calls_open", session });
  for (const request of [
    { op: "fleet_calls_open", session: "../../etc" },
    { op: "fleet_calls_open", session, lease: Number.NaN },
    { op: "fleet_calls_open", session, lease: "long" },
    { op: "fleet_calls_submit", session, tasks: 7 },
    { op: "fleet_calls_submit", session, tasks: [[1]] },
    { op: "fleet_calls_submit", session, tasks: [[2 ** 53, ...task.slice(1)]] },
    { op: "fleet_calls_submit", session, tasks: [[1, 7, ...task.slice(2)]] },
    { op: "fleet_calls_submit", session, tasks: [task], resources: { GPU: "many" } },
    { op: "fleet_calls_submit", session, tasks: [task], priority: 1e300 },
    { op: "fleet_calls_next", session, wait: 1e9 },
    { op: "fleet_calls_next", session, acknowledged: ["one"] },
    { op: "fleet_calls_fetch", session, task: 99 },
    { op: "fleet_calls_fetch", session, task: 99, offset: -1 },
    { op: "fleet_calls_cancel", session, tasks: { one: 1 } },
    { op: "fleet_calls_put", name: "../../etc/passwd", size: 1, data: new Uint8Array(1) },
    { op: "fleet_calls_put", name: `code-${"0".repeat(64)}`, size: 1, data: new Uint8Array(1) },
    { op: "fleet_calls_put", name: `code-${"1".repeat(64)}`, size: 2 ** 50, data: new Uint8Array(1) },
    { op: "fleet_calls_put", name: `code-${"2".repeat(64)}`, size: 1, data: "text" },
    { op: "fleet_calls_read", name: "../../etc/passwd" },
    { op: "fleet_calls_read", name: 7 },
  ]) {
    await expect(client.ask(request), JSON.stringify(request)).rejects.toThrow(RemoteError);
  }
  // Nonsense for a function's arguments is an error of that task.
  await client.ask({ op: "fleet_calls_submit", session, tasks: [task] });
  await client.ask({ op: "fleet_calls_submit", session, tasks: [task] });
  const answer = await client.ask({ op: "fleet_calls_next", session, wait: 10 }, { timeoutMs: 20_000 });
  expect(answer.map().get("ends").list()).toHaveLength(1);
  expect((await client.ask({ op: "fleet_calls_use", code: "unknown" })).map().has("lost")).toBe(true);
  await client.ask({ op: "fleet_calls_close", session });
  await client.ask({ op: "fleet_calls_close", session });
  expect((await client.ask({ op: "fleet_calls_next", session })).map().has("lost")).toBe(true);
  expect(await calls.call("operator:add", [1, 1], {})).toBe(2);
});
