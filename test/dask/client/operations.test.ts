import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { parseAddress } from "../../../src/dask/address.ts";
import { Comm } from "../../../src/dask/comm/comm.ts";
import type { LogEntry } from "../../../src/dask/newest-logs.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { Deadline } from "../../../src/deadline.ts";
import { sleep } from "../../../src/wait.ts";
import { patient } from "../../support/patience.ts";
import { DaskProcesses } from "./dask-processes.ts";

let dask: DaskProcesses;
let client: SchedulerClient;

beforeAll(async () => {
  dask = await DaskProcesses.start("127.83.1.1", { flags: ["--dashboard-address", "127.83.1.1:0"] });
  await Promise.all([dask.addWorker("7", ["--no-nanny", "--resources", "GPU=2"]), dask.addWorker("with-nanny")]);
  client = await SchedulerClient.connect(dask.address);
});

afterAll(async () => {
  await client?.close();
  await dask?.stop();
});

async function byName(name: string): Promise<string> {
  return (await client.workers()).find((worker) => worker.name === name)?.address ?? "";
}

function times(log: readonly LogEntry[]): number[] {
  return log.map(({ time }) => time.getTime());
}

describe("SchedulerClient, with a real scheduler", () => {
  it("reads the identity, again on a second call that excludes workers", async () => {
    const identity = {
      id: expect.stringMatching(/^Scheduler-/u),
      address: dask.address,
      started: expect.any(Date),
      services: { dashboard: expect.any(Number) },
      workerCount: 2,
      totalThreads: 2,
      totalMemory: 800_000_000,
    };
    expect(await client.identity()).toEqual(identity);
    expect(await client.identity()).toEqual(identity);
    expect(Math.abs(Date.now() - (await client.identity()).started.getTime())).toBeLessThan(600_000);
  });

  it("lists workers, including one whose name Dask turned into a number", async () => {
    const workers = (await client.workers()).toSorted((a, b) => a.name.localeCompare(b.name));
    const common = { host: "127.83.1.1", nthreads: 1, memoryLimit: 400_000_000, status: "running" };
    expect(workers).toMatchObject([
      { ...common, name: "7", nanny: undefined, resources: { GPU: 2 } },
      { ...common, name: "with-nanny", nanny: expect.stringMatching(/^tcp:\/\/127\.83\.1\.1:/u), resources: {} },
    ]);
    expect(workers[0]?.address).toMatch(/^tcp:\/\/127\.83\.1\.1:\d+$/u);
    expect(workers[0]?.localDirectory).toContain(dask.directory);
    expect(Math.abs(Date.now() - (workers[0]?.lastSeen.getTime() ?? 0))).toBeLessThan(60_000);
  });

  it("reads the identity of a busy cluster, skipping task digests keyed by tuples", async () => {
    const comm = await Comm.connect(parseAddress(dask.address), undefined, new Deadline(patient(10_000)));
    const state = { working: true };
    const work = dask
      .python(
        "import os, time\nfrom distributed import Client\n" +
          "with Client(os.environ['SCHEDULER']) as client:\n" +
          "    wait = lambda x: time.sleep(0.02) or x\n" +
          "    print(sum(client.gather(client.map(wait, range(100), pure=False))))\n",
      )
      .finally(() => {
        state.working = false;
      });
    while (state.working) {
      const identity = await comm.request({ op: "identity" }, new Deadline(patient(10_000)));
      expect(JSON.stringify(identity)).not.toContain("thread-cpu");
      expect(await client.workers()).toHaveLength(2);
      await sleep(20);
    }
    expect(await work).toBe("4950");
    await comm.close();
  });

  it("reads Dask's adaptive target and the workers it would retire", async () => {
    expect(await client.adaptiveTarget()).toBeGreaterThanOrEqual(0);
    expect(await client.adaptiveTarget(60_000)).toBeGreaterThanOrEqual(0);
    expect(["7", "with-nanny"]).toEqual(expect.arrayContaining(await client.workersToClose({ n: 1 })));
    expect((await client.workersToClose({ target: 0 })).sort()).toEqual(["7", "with-nanny"]);
    expect(await client.workersToClose({ target: 2 })).toEqual([]);
    expect(await client.workersToClose()).toEqual(expect.any(Array));
  });

  it("reads the versions of the scheduler and every worker", async () => {
    const { scheduler, workers } = await client.versions();
    expect(scheduler).toMatchObject({
      python: expect.stringMatching(/^3\.\d+\.\d+$/u),
      os: "Linux",
      packages: { distributed: expect.stringMatching(/^20\d\d\.\d+\.\d+/u), dask: expect.stringMatching(/^20/u) },
    });
    expect([...workers.keys()].sort()).toEqual((await client.workers()).map(({ address }) => address).sort());
    for (const worker of workers.values()) {
      expect(worker.packages["distributed"]).toBe(scheduler.packages["distributed"]);
    }
  });

  it("returns the newest scheduler log lines, oldest first, with every version", async () => {
    const all = await client.logs();
    expect(all.length).toBeGreaterThan(3);
    expect(times(all)).toEqual(times(all).toSorted((a, b) => a - b));
    expect(all[0]).toMatchObject({ level: "INFO", message: expect.stringMatching(/distributed\.(?:http|scheduler)/u) });
    for (const n of [1, 2, 3, 10_000]) expect(await client.logs({ n })).toEqual(all.slice(-n));
  });

  it("returns the logs of workers and nannies", async () => {
    const logs = await client.workerLogs();
    const [plain, nannied] = await Promise.all([byName("7"), byName("with-nanny")]);
    expect([...logs.keys()].sort()).toEqual([plain, nannied].sort());
    for (const log of logs.values()) {
      expect(times(log)).toEqual(times(log).toSorted((a, b) => a - b));
      expect(log.some(({ message }) => message.includes("Start worker at"))).toBe(true);
    }
    expect(await client.workerLogs({ n: 2, workers: [plain, "tcp://127.83.1.1:1"] })).toEqual(
      new Map([[plain, logs.get(plain)?.slice(-2)]]),
    );
    const nannies = await client.workerLogs({ nanny: true });
    expect([...nannies.keys()]).toEqual([nannied]);
    expect(nannies.get(nannied)?.some(({ message }) => message.includes("Start Nanny at"))).toBe(true);
  });

  it("reports Python's own message when an operation fails, and stays usable", async () => {
    const impossible = client.workersToClose({ n: "many" as unknown as number });
    await expect(impossible).rejects.toMatchObject({
      code: "REMOTE_ERROR",
      message: expect.stringMatching(/"workers_to_close": TypeError\(.*not supported/u),
      traceback: expect.stringMatching(/Traceback|File ".*scheduler\.py"/u),
    });
    expect(await client.workers()).toHaveLength(2);
  });

  it("returns None for an operation that the scheduler does not know", async () => {
    const comm = await Comm.connect(parseAddress(dask.address), undefined, new Deadline(patient(10_000)));
    expect(await comm.request({ op: "no_such_operation" }, new Deadline(patient(10_000)))).toBe(null);
    await comm.close();
  });

  it("never unpickles, and reports values that cannot be serialised", async () => {
    const comm = await Comm.connect(parseAddress(dask.address), undefined, new Deadline(patient(10_000)));
    const global = (name: string): Buffer => Buffer.from(`\x80\x02cbuiltins\n${name}\n.`, "latin1");
    const run = { op: "run_function", function: global("object"), wait: true };
    const pickled = await comm.request(run, new Deadline(patient(10_000)));
    expect(String((pickled as { result: unknown }).result)).toMatch(/pickled, which dask-fleet never reads/u);
    const error = await comm.request({ ...run, serializers: ["msgpack"] }, new Deadline(patient(10_000)));
    expect(String((error as { result: unknown }).result)).toMatch(/Could not serialize object of type/u);
    const list = { ...run, function: global("list"), serializers: ["msgpack"] };
    expect(await comm.request(list, new Deadline(patient(10_000)))).toEqual({ status: "OK", result: [] });
    await comm.close();
  });
});
