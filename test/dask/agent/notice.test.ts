import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { describe, expect, test } from "vitest";

import { type NoticeEvent, parseNotice } from "../../../src/dask/agent/notice.ts";
import type { NoticeCloud } from "../../../src/dask/agent/settings.ts";
import { RemoteError } from "../../../src/dask/answer.ts";
import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { patient } from "../../support/patience.ts";
import { daskPython } from "../../support/python.ts";
import { line, until } from "../../support/until.ts";
import type { DaskProcesses } from "../client/dask-processes.ts";
import { connectWithAgent, daskWithLoader } from "./agent-dask.ts";
import { MetadataServer } from "./metadata-server.ts";

/** 8 keys of 5 MB, computed on `a`. When told so, they are used: then it prints their size and how many tasks made them. */
const HOLD = `
import os, time
from distributed import Client, wait

def make(number):
    with open("begun", "a") as file:
        file.write("x")
    return os.urandom(5_000_000)

def size(*parts):
    return sum(map(len, parts))

with Client(os.environ["SCHEDULER"]) as client:
    if os.environ.get("RESTART"):
        client.restart()
    made = client.map(make, range(8), workers=["a", "a-0", "a-1"], allow_other_workers=True, pure=False)
    wait(made)
    print("held", file=open("held", "w"))
    while not os.path.exists("go"):
        time.sleep(0.05)
    print(client.submit(size, *made).result(), len(open("begun").read()))
`;

/** Tasks that run and tasks that wait on `a`, and data on `a` and `b`. Prints where each task ran, and how many began. */
const WORK = `
import os, time
from distributed import Client, get_worker, wait

def work(number):
    with open("begun", "a") as file:
        file.write("x")
    if number == 0:
        print("held", file=open("held", "w"))
    while not os.path.exists("go"):
        time.sleep(0.05)
    return number, get_worker().name

with Client(os.environ["SCHEDULER"]) as client:
    data = client.map(bytes, [1000, 2000], workers=["a"], allow_other_workers=True, pure=False)
    data += client.map(bytes, [3000], workers=["b"], allow_other_workers=True, pure=False)
    wait(data)
    places = [place for place, info in client.scheduler_info()["workers"].items() if info["name"] in "ab"]
    client.replicate(data[:1], workers=places)
    tasks = client.map(work, range(4), workers=["a"], allow_other_workers=True, pure=False)
    print(client.gather(tasks), len(open("begun").read()), client.submit(lambda parts: sum(map(len, parts)), data).result())
`;

describe.each(["ec2", "gcp", "azure"] as const)("A notice of %s", (cloud) => {
  test("its worker's data move, nothing is computed again, and the worker ends for good", async () => {
    // Several workers, whose processes are other ones by then.
    const [flags, env, workers] =
      cloud === "ec2" ? [["--nworkers", "2"], { RESTART: "1" }, ["a-0", "a-1"]] : [[], {}, ["a"]];
    await using world = await World.open(cloud, `127.83.20.${cloud.length}`, env);
    await Promise.all([world.dask.addWorker("a", flags), world.dask.addWorker("b")]);
    const held = await world.begin(HOLD);
    world.metadata.notices.give("a", { afterMs: 60_000 });
    await world.workers("b running");
    const [given, moved] = await world.events();
    expect(given).toMatchObject({ state: "given", cloud, workers });
    expect(moved).toMatchObject({ state: "moved", cloud, workers, moved: { keys: 8 } });
    await held.go();
    expect(await held.printed).toBe("40000000 8");
    await world.workers("b running");
  });
});

test("Two notices at once: running tasks end, waiting ones go at once, and no data go to a machine that goes too", async () => {
  await using world = await World.open("ec2", "127.83.20.11");
  await Promise.all(["a", "b", "c"].map((name) => world.dask.addWorker(name)));
  const held = await world.begin(WORK);
  // As their pollers do, at once.
  const addresses = new Map((await world.client.workers()).map(({ name, address }) => [name, address]));
  for (const name of ["b", "a"]) {
    const notice = { worker: addresses.get(name), cloud: "ec2", action: "terminate", seconds: 60 };
    await world.client.ask({ op: "fleet_notice", ...notice });
  }
  // The running task keeps its worker.
  await world.workers("a closing_gracefully,c running");
  await held.go();
  await world.workers("c running");
  expect(await held.printed).toBe("[(0, 'a'), (1, 'c'), (2, 'c'), (3, 'c')] 4 6000");
});

test("What does not end in time is said, and computed again", async () => {
  await using world = await World.open("ec2", "127.83.20.12");
  await Promise.all(["a", "b"].map((name) => world.dask.addWorker(name)));
  const held = await world.begin(WORK);
  world.metadata.notices.give("a", { afterMs: 4000 });
  await world.workers("b running");
  const late = (await world.events()).find(({ state }) => state === "late");
  expect(late?.left).toEqual({ keys: 0, bytes: 0, tasks: 1, actors: 0 });
  await held.go();
  expect(await held.printed).toBe("[(0, 'b'), (1, 'b'), (2, 'b'), (3, 'b')] 5 6000");
});

test("Nonsense and notices for other machines change nothing; a notice that is withdrawn lets its workers go on", async () => {
  await using world = await World.open("azure", "127.83.20.13");
  const { metadata, client } = world;
  const asked = async (times: number): Promise<void> => {
    const from = metadata.log.length;
    await until("the service to be asked", () => metadata.log.length >= from + times);
  };
  await world.dask.addWorker("a");
  const held = await world.begin(HOLD);
  const nonsense = ["nul", '{"Events":[1,{"EventType":"Preempt","Resources":"a"}]}', "x".repeat(1e6)];
  for (const body of nonsense) {
    metadata.instead = ({ url }) => (url.pathname.endsWith("events") ? { status: 200, body } : undefined);
    await asked(1);
  }
  metadata.instead = () => ({ status: 302, headers: { location: "http://127.0.0.1:1/" } });
  await asked(1);
  metadata.instead = undefined;
  metadata.notices.give("other", { afterMs: 60_000 });
  await asked(2);
  await world.workers("a running");

  metadata.notices.give("a", { afterMs: 60_000 });
  await world.workers("a closing_gracefully");
  metadata.notices.withdraw("a");
  await world.workers("a running");
  expect((await world.events()).map(({ state }) => state)).toEqual(["given", "withdrawn"]);
  const wrong = [{}, { worker: 7 }, { worker: "tcp://127.0.0.1:1", cloud: "ec2", action: "stop", seconds: 1e9 }];
  for (const request of wrong) {
    await expect(client.ask({ op: "fleet_notice", ...request })).rejects.toThrow(RemoteError);
    await expect(client.ask({ op: "fleet_notice_over", ...request })).rejects.toThrow(RemoteError);
  }

  // The last worker keeps its data until there is another one.
  metadata.notices.give("a", { afterMs: 60_000 });
  await world.workers("a closing_gracefully");
  await world.dask.addWorker("b");
  await world.workers("b running");
  await held.go();
  expect(await held.printed).toBe("40000000 8");
});

/** Prints what each answer of a service means. */
const ANSWERS = `
import asyncio, json, sys, time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
import metadata

later = datetime.now(timezone.utc) + timedelta(seconds=60)
never = later + timedelta(days=1000)

async def meaning(cloud, code, text, headers=None):
    service = metadata.SERVICES[cloud]("http://127.0.0.1:1")
    async def ask(path, *_, **__):
        if path.endswith("/token"):
            return 200, {}, "token"
        return (200, {}, "own") if "/name?" in path else (code, headers or {}, text)
    service.ask = ask
    try:
        found = await service.look()
    except metadata.NoAnswer:
        return "no answer"
    finally:
        service.close()
    return found and [found["action"], round(found["seconds"], -1)]

def events(**more):
    event = {"EventType": "Preempt", "EventStatus": "Scheduled", "Resources": ["other", "OWN"], "NotBefore": format_datetime(later, usegmt=True)}
    return json.dumps({"Events": [7, {}, {**event, **more}]})

google = {"Metadata-Flavor": "Google", "ETag": "a1"}
CASES = [
    ("ec2", 404, ""), ("ec2", 500, ""), ("ec2", 401, ""), ("ec2", 200, ""), ("ec2", 200, "[" * 60000),
    ("ec2", 200, '{"action":"dance"}'), ("ec2", 200, '{"action":"stop"}'),
    ("ec2", 200, json.dumps({"action": "terminate", "time": later.strftime("%Y-%m-%dT%H:%M:%SZ")})),
    ("ec2", 200, json.dumps({"action": "terminate", "time": never.isoformat()})),
    ("gcp", 200, "FALSE", google), ("gcp", 200, "TRUE", google), ("gcp", 200, "TRUE"), ("gcp", 503, "", google), ("gcp", 200, "<html>", google),
    ("azure", 200, '{"Events":[]}'), ("azure", 200, "{}"), ("azure", 429, ""), ("azure", 200, events()),
    ("azure", 200, events(EventStatus="Started", NotBefore="")), ("azure", 200, events(EventType="Reboot")),
    ("azure", 200, events(EventStatus="Canceled")), ("azure", 200, events(Resources=["owner"])), ("azure", 200, events(NotBefore="soon")),
]

async def main():
    told = {}
    for cloud, *answer in CASES:
        told.setdefault(cloud, []).append(await meaning(cloud, *answer))
    print(json.dumps(told))

asyncio.run(main())
`;

test("Each answer of a metadata service is a notice, none, or no answer", async () => {
  const env = { ...process.env, PYTHONPATH: fileURLToPath(new URL("../../../templates/agent", import.meta.url)) };
  const { stdout } = await promisify(execFile)(daskPython(), ["-c", ANSWERS], { env, timeout: patient(30_000) });
  const unknown = "no answer";
  const { ec2, gcp, azure } = JSON.parse(stdout) as Readonly<Record<NoticeCloud, unknown>>;
  expect(ec2).toEqual([
    null,
    unknown,
    unknown,
    unknown,
    unknown,
    unknown,
    ["stop", 120],
    ["terminate", 60],
    ["terminate", 120],
  ]);
  expect(gcp).toEqual([null, ["preempt", 30], unknown, unknown, unknown]);
  expect(azure).toEqual([null, unknown, unknown, ["preempt", 60], ["preempt", 0], null, null, null, ["preempt", 30]]);
});

class World implements AsyncDisposable {
  static async open(cloud: NoticeCloud, host: string, env: NodeJS.ProcessEnv = {}): Promise<World> {
    const metadata = await MetadataServer.open(cloud);
    // Tasks stay where they are until a notice. Nothing answers at the proxy.
    const set = { DASK_DISTRIBUTED__SCHEDULER__WORK_STEALING: "False", http_proxy: "http://127.0.0.1:9" };
    const dask = await daskWithLoader(host, { ...set, ...env });
    const client = await connectWithAgent(dask, { notice: { cloud, address: metadata.address, pause: 0.2 } });
    expect(client.installed?.failed).toEqual({});
    return new World(metadata, dask, client);
  }

  readonly metadata: MetadataServer;
  readonly dask: DaskProcesses;
  readonly client: SchedulerClient;

  private constructor(metadata: MetadataServer, dask: DaskProcesses, client: SchedulerClient) {
    this.metadata = metadata;
    this.dask = dask;
    this.client = client;
  }

  /** Runs a script until it holds what is to be moved. */
  async begin(script: string): Promise<{ readonly go: () => Promise<void>; readonly printed: Promise<string> }> {
    const printed = this.dask.python(script);
    await Promise.race([line(join(this.dask.directory, "held")), printed]);
    return { printed, go: async () => await writeFile(join(this.dask.directory, "go"), "") };
  }

  /** Waits for these workers alone, by name and status. */
  async workers(expected: string): Promise<void> {
    let seen = "";
    await until(
      `the workers to be ${expected}`,
      async () => {
        const workers = await this.client.workers();
        seen = workers
          .map(({ name, status }) => `${name} ${status}`)
          .sort()
          .join();
        return seen === expected;
      },
      20_000,
      () => `${seen}\n${this.metadata.log.slice(-20).join("\n")}`,
    );
  }

  /** The events for launchers so far. */
  async events(): Promise<readonly NoticeEvent[]> {
    const events = (await this.client.ask({ op: "fleet_watch" })).map().get("events").list();
    return events.flatMap((event) => parseNotice(event.map()) ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.dask.stop();
    await this.metadata[Symbol.asyncDispose]();
  }
}
