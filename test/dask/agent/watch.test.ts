import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { expect, onTestFinished, test } from "vitest";

import { MembershipWatcher } from "../../../src/dask/agent/membership-watcher.ts";
import type { AgentEvent } from "../../../src/dask/agent/watch.ts";
import { RemoteError } from "../../../src/dask/answer.ts";
import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { until } from "../../support/until.ts";
import { connectWithAgent, daskWithLoader } from "./agent-dask.ts";

const PROGRAM = fileURLToPath(new URL("../../unit/dask/watching-program.ts", import.meta.url));

const ON_SCHEDULER = `
import os
from distributed import Client

def watch(dask_scheduler):
    return dask_scheduler.plugins["dask-fleet-agent-watch"].watch

def polls(dask_scheduler):
    return len(watch(dask_scheduler).polls)

def tell(dask_scheduler, count, size):
    for number in range(count):
        watch(dask_scheduler).tell("notice", {"number": number, "text": "x" * size})

def forget(dask_scheduler):
    # As if the plugin had not been told.
    watch(dask_scheduler).workers.clear()

def status(dask_scheduler, name):
    for worker in dask_scheduler.workers.values():
        worker.status = type(worker.status)[name]

with Client(os.environ["SCHEDULER"]) as client:
    print(client.run_on_scheduler`;

function watch(link: SchedulerClient): {
  readonly watcher: MembershipWatcher;
  readonly seen: () => string | undefined;
  readonly events: AgentEvent[];
  readonly unable: string[];
} {
  const [events, unable]: [AgentEvent[], string[]] = [[], []];
  const watcher = new MembershipWatcher({
    link: () => link,
    look: (signal) => link.overview({ signal }),
    waitMs: 30_000,
    onAnswer: () => undefined,
    onChange: () => undefined,
    onEvent: (event) => events.push(event),
    onUnable: (reason) => unable.push(reason),
  });
  onTestFinished(() => watcher.stop());
  const seen = (): string | undefined => {
    const workers = watcher.current?.workers.map(({ name, status }) => `${name} ${status}`);
    return workers?.toSorted().join(", ");
  };
  return { watcher, seen, events, unable };
}

test("Two launchers see workers join, change and leave as the scheduler itself tells them, and a third that was killed leaves nothing", async () => {
  await using dask = await daskWithLoader("127.83.9.21");
  await using client = await connectWithAgent(dask);
  const both = [watch(client), watch(client)];
  const seenByBoth = async (picture: string): Promise<void> => {
    for (const { seen } of both) await until(picture, () => seen() === picture);
  };
  await seenByBoth("");
  await dask.addWorker("a", ["--no-nanny", "--resources", "GPU=2"]);
  await dask.addWorker("7");
  await seenByBoth("7 running, a running");
  const identity = (await client.workers()).toSorted((one, other) => one.name.localeCompare(other.name));
  const told = both[0]?.watcher.current?.workers.toSorted((one, other) => one.name.localeCompare(other.name));
  const withoutMetrics = identity.map((worker) => ({
    ...worker,
    memoryUsed: undefined,
    cpuPercent: undefined,
    executing: undefined,
    lastSeen: expect.any(Date) as Date,
  }));
  expect(told).toEqual(withoutMetrics);

  await dask.python(`${ON_SCHEDULER}(status, name="paused"))`);
  await seenByBoth("7 paused, a paused");
  await dask.python(`${ON_SCHEDULER}(forget))`);
  await client.retireWorkers({ names: ["a"] });
  await seenByBoth("7 paused");

  const child = spawn(process.execPath, [PROGRAM, dask.address, "stay"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  await until("three polls", async () => (await dask.python(`${ON_SCHEDULER}(polls))`)) === "3");
  child.kill("SIGKILL");
  await until("two polls", async () => (await dask.python(`${ON_SCHEDULER}(polls))`)) === "2");
  expect(both.flatMap(({ unable }) => unable)).toEqual([]);
});

test("Events reach every launcher; too many or too large ones are cut, and hostile questions are refused", async () => {
  await using dask = await daskWithLoader("127.83.9.22");
  await using client = await connectWithAgent(dask);
  const { watcher, events } = watch(client);
  await until("the picture", () => watcher.current !== undefined);
  await dask.python(`${ON_SCHEDULER}(tell, count=3, size=1))`);
  await until("the events", () => events.length === 3);
  expect(events.map(({ kind, content }) => [kind, content.get("number").number()])).toEqual([
    ["notice", 0],
    ["notice", 1],
    ["notice", 2],
  ]);
  await dask.python(`${ON_SCHEDULER}(tell, count=1, size=9000000))`);
  await until("the cut one", () => events.length === 4);
  expect(events[3]?.content.get("cut").flag()).toBe(true);
  await dask.python(`${ON_SCHEDULER}(tell, count=2000, size=7000))`);
  await until("the newest", () => events.length === 504);
  expect(watcher.current?.workers).toEqual([]);

  for (const question of [
    { since: -1 },
    { since: 2 ** 60 },
    { since: "1" },
    { since: true },
    { since: null },
    { wait: Number.NaN },
    { wait: -1 },
    { wait: [] },
    { scheduler: 7 },
    { nonsense: 1 },
  ]) {
    await expect(client.ask({ op: "fleet_watch", ...question })).rejects.toThrow(RemoteError);
  }
  const other = (await client.ask({ op: "fleet_watch", since: 3, wait: 30, scheduler: "another" })).map();
  expect(other.get("reset").flag()).toBe(true);
});
