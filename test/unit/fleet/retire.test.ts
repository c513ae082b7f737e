import { expect, test } from "vitest";

import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { NodeTable } from "../../../src/fleet/node-table.ts";
import { retireNodes } from "../../../src/fleet/retire.ts";

const signal = new AbortController().signal;

/** A scheduler with workers a, b and c that offers some of them, and keeps those whose data cannot move. */
function scheduler(
  offered: readonly string[],
  keeps: readonly string[] = [],
): { client: SchedulerClient; names: () => string[] } {
  let names = ["a", "b", "c"];
  const client = {
    workers: async () => names.map((name) => ({ name })),
    workersToClose: async ({ n }: { n: number }) => offered.slice(0, n),
    retireWorkers: async ({ names: going }: { names: readonly string[] }) => {
      names = names.filter((name) => !going.includes(name) || keeps.includes(name));
      return [];
    },
  };
  return { client: client as unknown as SchedulerClient, names: () => names };
}

function threeNodes(): NodeTable {
  const table = new NodeTable();
  table.add(["a", "b", "c"].map((id) => ({ id, nodeName: id, role: "worker", state: "running" })));
  table.observeWorkers(["a", "b", "c"].map((name) => ({ name, status: "running" })));
  return table;
}

async function retire(
  from: ReturnType<typeof scheduler>,
  options: { count: number; force?: boolean; onlyOffered?: boolean },
): Promise<string[]> {
  const table = threeNodes();
  const all = { force: false, onlyOffered: false, timeoutMs: 1000, signal, ...options };
  return (await retireNodes(from.client, table, table.views(), all)).map(({ machine }) => machine.id);
}

test("the workers that Dask offers are retired", async () => {
  const dask = scheduler(["c", "a"]);
  expect((await retire(dask, { count: 2 })).toSorted()).toEqual(["a", "c"]);
  expect(dask.names()).toEqual(["b"]);
});

test("a smaller target is reached even if Dask offers none", async () => {
  expect(await retire(scheduler([]), { count: 2 })).toHaveLength(2);
});

test("adapting keeps workers that Dask does not offer", async () => {
  expect(await retire(scheduler(["b"]), { count: 2, onlyOffered: true })).toEqual(["b"]);
  const busy = scheduler([]);
  expect(await retire(busy, { count: 2, onlyOffered: true })).toEqual([]);
  expect(busy.names()).toEqual(["a", "b", "c"]);
});

test("only the given machines are retired, even if Dask offers workers of others first", async () => {
  const dask = scheduler(["a", "b", "c"]);
  const table = threeNodes();
  const [, ...meant] = table.views();
  const how = { force: false, onlyOffered: true, timeoutMs: 1000, signal };
  const retired = await retireNodes(dask.client, table, meant, { count: 1, ...how });
  expect([retired.map(({ machine }) => machine.id), dask.names()]).toEqual([["b"], ["a", "c"]]);
});

test("a worker whose data cannot move keeps its machine, unless all are retired", async () => {
  expect(await retire(scheduler(["a"], ["a"]), { count: 1 })).toEqual([]);
  expect(await retire(scheduler(["a", "b", "c"], ["a"]), { count: 3, force: true })).toHaveLength(3);
});

test("inside a group machines go in Dask's order, idle ones first, whatever other groups have", async () => {
  // Dask offers another group's idle workers first, then b and c, then a, which runs something.
  const dask = scheduler(["x", "y", "b", "c", "a"]);
  expect(await retire(dask, { count: 1, onlyOffered: true })).toEqual(["b"]);
  expect(await retire(scheduler(["x", "c", "a", "b"]), { count: 2 })).toEqual(["c", "a"]);
});

test("adapting keeps a machine of which one worker is not offered: a task that is declared long-running is there", async () => {
  const table = new NodeTable();
  table.add(["a", "b"].map((id) => ({ id, nodeName: id, role: "worker", state: "running" })));
  const names = ["a-0", "a-1", "b-0", "b-1"];
  table.observeWorkers(names.map((name) => ({ name, status: "running" })));
  const client = {
    workers: async () => names.map((name) => ({ name })),
    workersToClose: async () => ["a-0", "b-0", "b-1"],
    retireWorkers: async ({ names: going }: { names: readonly string[] }) => {
      for (const name of going) names.splice(names.indexOf(name), 1);
      return [];
    },
  } as unknown as SchedulerClient;
  const how = { count: 2, force: false, onlyOffered: true, timeoutMs: 1000, signal };
  const retired = await retireNodes(client, table, table.views(), how);
  expect([retired.map(({ machine }) => machine.id), names]).toEqual([["b"], ["a-0", "a-1"]]);
});
