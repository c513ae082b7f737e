import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, onTestFinished, test } from "vitest";

import { FakeDask } from "../../../packages/simulated-clouds/src/boot/fake-dask.ts";
import { speakDask } from "../../../packages/simulated-clouds/src/boot/speak-dask.ts";
import { installAgent } from "../../../src/dask/agent/install.ts";
import type { AgentLink } from "../../../src/dask/agent/link.ts";
import { MembershipWatcher } from "../../../src/dask/agent/membership-watcher.ts";
import type { AgentEvent } from "../../../src/dask/agent/watch.ts";
import { encodeFrames } from "../../../src/dask/comm/frames.ts";
import { encodeMsgpack } from "../../../src/dask/message/msgpack.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { until } from "../../support/until.ts";
import { FakeServer } from "./fake-server.ts";

interface Watching {
  readonly watcher: MembershipWatcher;
  readonly names: () => readonly string[] | undefined;
  readonly ids: string[];
  readonly events: AgentEvent[];
  readonly unable: string[];
}

/** Watches until the test is over. */
function watch(link: () => AgentLink | undefined, waitMs = 20_000): Watching {
  const [ids, events, unable]: [string[], AgentEvent[], string[]] = [[], [], []];
  const watcher = new MembershipWatcher({
    link,
    look: () => Promise.reject(new Error("not asked")),
    waitMs,
    onAnswer: ({ id }) => void (ids.at(-1) === id || ids.push(id)),
    onChange: () => undefined,
    onEvent: (event) => events.push(event),
    onUnable: (reason) => unable.push(reason),
  });
  onTestFinished(() => watcher.stop());
  const names = (): readonly string[] | undefined => watcher.current?.workers.map(({ name }) => name).toSorted();
  return { watcher, names, ids, events, unable };
}

async function client(address: string): Promise<SchedulerClient> {
  const connected = await SchedulerClient.connect(address);
  onTestFinished(() => connected.close());
  return connected;
}

async function daskWithAgent(): Promise<{ dask: FakeDask; link: SchedulerClient }> {
  const dask = await FakeDask.start();
  onTestFinished(() => dask.end());
  const link = await client(`tcp://127.0.0.1:${dask.port}`);
  await installAgent(link, { cluster: "c" });
  return { dask, link };
}

test("Two watchers see joins, statuses, leaves and events without asking for the identity", async () => {
  const { dask, link } = await daskWithAgent();
  dask.join("a");
  const watchers = [watch(() => link), watch(() => link)];
  const both = async (names: readonly string[]): Promise<void> => {
    for (const each of watchers) await until(names.join(" "), () => each.names()?.join(" ") === names.join(" "));
  };
  await both(["a"]);
  dask.join("b");
  await both(["a", "b"]);
  dask.join("b", { address: "tcp://10.0.0.2/b", status: "paused" });
  for (const { watcher } of watchers)
    await until("the status", () => watcher.current?.workers.some(({ status }) => status === "paused") === true);
  dask.leave("a");
  await both(["b"]);
  dask.tell("notice", { worker: "tcp://10.0.0.2/b" });
  for (const { events } of watchers) {
    await until("the event", () => events.length === 1);
    expect(events[0]).toMatchObject({ kind: "notice" });
    expect(events[0]?.content.get("worker").text()).toBe("tcp://10.0.0.2/b");
  }
  expect([dask.asked.get("identity"), watchers.flatMap(({ unable }) => unable)]).toEqual([undefined, []]);
});

test("A restarted scheduler has no picture until it has the agent again, and tells of its own workers only", async () => {
  const { dask, link } = await daskWithAgent();
  dask.join("a");
  const { names, ids, unable } = watch(() => link);
  await until("the worker", () => names()?.length === 1);
  dask.restart();
  await until("the loss", () => names() === undefined);
  dask.join("b");
  await installAgent(link, { cluster: "c" });
  await until("the other worker", () => names()?.join() === "b");
  expect([ids.length, unable]).toEqual([2, []]);
});

test("A scheduler that does not answer in time has no picture", async () => {
  const { dask, link } = await daskWithAgent();
  dask.join("a");
  const { names } = watch(() => link, 100);
  await until("the worker", () => names()?.length === 1);
  dask.isMute = true;
  await until("the silence", () => names() === undefined);
  expect(dask.asked.get("identity")).toBeUndefined();
});

test("Without an agent nothing is asked; an operation that is missing is reported once", async () => {
  const { dask, link } = await daskWithAgent();
  const without = watch(() => undefined);
  dask.bundle = undefined;
  const { unable } = watch(() => link);
  await until("tries", () => (dask.asked.get("fleet_watch") ?? 0) >= 3);
  expect(unable).toEqual([expect.stringContaining("does not have that operation")]);
  expect([without.names(), without.unable]).toEqual([undefined, []]);
});

const ANSWER = {
  id: "Scheduler-1",
  started: 1_800_000_000,
  version: 2,
  reset: false,
  more: false,
  count: 0,
  workers: {},
  gone: [],
  events: [],
};

test.each([
  ["no map", []],
  ["a version that is text", { ...ANSWER, version: "2" }],
  ["another number of workers", { ...ANSWER, count: 3 }],
  ["an event without a kind", { ...ANSWER, events: [{ at: 1 }] }],
  ["a worker without a name", { ...ANSWER, workers: { "tcp://10.0.0.5:1": {} } }],
  ["addresses that are numbers", { ...ANSWER, gone: [7] }],
])("An answer with %s gives no picture and is reported", async (_, answer) => {
  await using server = await FakeServer.start((socket) => {
    speakDask(socket, () => void socket.write(encodeFrames([encodeMsgpack(answer)])));
  });
  const link = await client(server.address);
  const { names, unable } = watch(() => link);
  await until("the report", () => unable.length > 0);
  expect([names(), unable]).toEqual([undefined, [expect.stringContaining("Invalid answer")]]);
});

test("Pages of a long answer become a picture when all are there", async () => {
  const worker = (name: string): object => ({
    [`tcp://10.0.0.5/${name}`]: {
      name,
      host: "10.0.0.5",
      nthreads: 1,
      status: "running",
      last_seen: 1,
      local_directory: "/tmp",
      resources: {},
      services: {},
    },
  });
  const asked: unknown[] = [];
  await using server = await FakeServer.start((socket) => {
    speakDask(socket, ({ since }) => {
      asked.push(since);
      if (since === 3) return;
      const page =
        since === 0 ? { version: 2, more: true, workers: worker("a") } : { version: 3, workers: worker("b") };
      socket.write(encodeFrames([encodeMsgpack({ ...ANSWER, count: 2, ...page })]));
    });
  });
  const link = await client(server.address);
  const { names } = watch(() => link);
  await until("both", () => names()?.join() === "a,b");
  await until("the wait", () => asked.length === 3);
  expect(asked).toEqual([0, 2, 3]);
});

test("A watch keeps no process alive, and ends with its peer", async () => {
  const { dask } = await daskWithAgent();
  const program = fileURLToPath(new URL("watching-program.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, `tcp://127.0.0.1:${dask.port}`]);
  expect(stdout.trim()).toBe("watching");
});
