import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import { speakDask } from "../../../packages/simulated-clouds/src/boot/speak-dask.ts";
import { encodeFrames } from "../../../src/dask/comm/frames.ts";
import { encodeMsgpack } from "../../../src/dask/message/msgpack.ts";
import { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import type { DaskFleetError } from "../../../src/errors.ts";
import { failureOf } from "./failure.ts";
import { FakeServer } from "./fake-server.ts";

const IDENTITY = {
  id: "Scheduler-1",
  address: "tcp://10.0.0.4:8786",
  started: 1_800_000_000.5,
  services: {},
  workers: {},
};

const WORKER = {
  name: 7,
  host: "10.0.0.5",
  nthreads: 2,
  memory_limit: null,
  status: "running",
  nanny: null,
  last_seen: 1_800_000_001,
  local_directory: "/tmp/w",
  resources: { GPU: 2 },
  services: { dashboard: null },
  metrics: {},
};

type Request = Readonly<Record<string, unknown>>;

/** A scheduler that answers every request with the result of `answer`. */
async function scheduler(answer: (request: Request) => unknown): Promise<FakeServer> {
  return await FakeServer.start((socket) => {
    speakDask(socket, (request) => void socket.write(encodeFrames([encodeMsgpack(answer(request))])));
  });
}

describe("SchedulerClient", () => {
  it("refuses an address that does not match the TLS material", async () => {
    const tls = { material: { ca: "", cert: "", key: "" }, minVersion: "TLSv1.2", schedulerKey256: "" } as const;
    await expect(SchedulerClient.connect("tls://127.0.0.1:1")).rejects.toMatchObject({ code: "SECURITY_INVALID" });
    await expect(SchedulerClient.connect("tcp://127.0.0.1:1", { tls })).rejects.toMatchObject({
      code: "SECURITY_INVALID",
    });
    await expect(SchedulerClient.connect("127.0.0.1:1")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("reports unusable TLS files without their content", async () => {
    const material = { ca: "x", cert: "x", key: "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----" };
    const tls = { material, minVersion: "TLSv1.2", schedulerKey256: "" } as const;
    const error: unknown = await SchedulerClient.connect("tls://127.0.0.1:1", { tls }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "SECURITY_INVALID" });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("c2VjcmV0");
  });

  it("excludes workers if the scheduler supports it, and never sends an unknown argument", async () => {
    const asked: unknown[] = [];
    for (const totals of [{}, { n_workers: 3, total_threads: 6, total_memory: 9 }]) {
      await using server = await scheduler((request) => {
        asked.push(request);
        return { ...IDENTITY, ...totals };
      });
      await using client = await SchedulerClient.connect(server.address);
      await client.identity();
      await client.identity();
    }
    expect(asked).toEqual([
      { op: "identity" },
      { op: "identity" },
      { op: "identity" },
      { op: "identity", n_workers: 0 },
    ]);
  });

  it("computes totals that an old scheduler lacks", async () => {
    const workers = { "tcp://a:1": { ...WORKER, memory_limit: 5 }, "tcp://b:1": WORKER };
    await using server = await scheduler(() => ({ ...IDENTITY, workers }));
    await using client = await SchedulerClient.connect(server.address);
    expect(await client.identity()).toMatchObject({ workerCount: 2, totalThreads: 4, totalMemory: 5 });
    expect((await client.workers())[1]).toEqual({
      address: "tcp://b:1",
      name: "7",
      host: "10.0.0.5",
      nthreads: 2,
      memoryLimit: 0,
      memoryUsed: undefined,
      cpuPercent: undefined,
      status: "running",
      nanny: undefined,
      lastSeen: new Date(1_800_000_001_000),
      localDirectory: "/tmp/w",
      resources: { GPU: 2 },
      services: {},
    });
  });

  it.each([
    ["a text", "hello"],
    ["a list", []],
    ["no workers", { ...IDENTITY, workers: null }],
    ["workers that are a list", { ...IDENTITY, workers: [WORKER] }],
    ["a worker without threads", { ...IDENTITY, workers: { a: { ...WORKER, nthreads: undefined } } }],
    ["a worker with a text for its threads", { ...IDENTITY, workers: { a: { ...WORKER, nthreads: "two" } } }],
    ["a worker with an invalid last-seen time", { ...IDENTITY, workers: { a: { ...WORKER, last_seen: 1e300 } } }],
    ["resources as text", { ...IDENTITY, workers: { a: { ...WORKER, resources: { GPU: "many" } } } }],
  ])("reports a protocol violation when the workers are %s", async (_, answer) => {
    await using server = await scheduler(() => answer);
    await using client = await SchedulerClient.connect(server.address);
    await expect(client.workers()).rejects.toMatchObject({
      code: "PROTOCOL_VIOLATION",
      message: expect.stringMatching(/^Invalid answer of the scheduler: expected .* at "identity/u),
    });
  });

  it("reports Python's error as a REMOTE_ERROR, without its traceback, and stays usable", async () => {
    const failure = { status: "uncaught-error", exception_text: "TypeError('no')", traceback_text: "line 42" };
    const answers: unknown[] = [failure, { status: "uncaught-error" }, 3];
    await using server = await scheduler(() => answers.shift());
    await using client = await SchedulerClient.connect(server.address);
    const error: unknown = await client.adaptiveTarget().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "REMOTE_ERROR",
      message: `The scheduler failed at "adaptive_target": TypeError('no')`,
      traceback: "line 42",
    });
    expect(inspect(error, { showHidden: true })).not.toContain("line 42");
    await expect(client.adaptiveTarget()).rejects.toMatchObject({ code: "REMOTE_ERROR", traceback: undefined });
    expect(await client.adaptiveTarget()).toBe(3);
    expect(server.peers).toHaveLength(1);
  });

  it("treats None as an operation that the scheduler lacks", async () => {
    await using server = await scheduler(() => null);
    await using client = await SchedulerClient.connect(server.address);
    await expect(client.workersToClose({ n: 1 })).rejects.toMatchObject({
      code: "REMOTE_ERROR",
      message: expect.stringMatching(/does not have that operation/u),
    });
  });

  it("sends no request to retire no workers", async () => {
    await using server = await scheduler(() => expect.unreachable());
    await using client = await SchedulerClient.connect(server.address);
    expect(await client.retireWorkers({ names: [] })).toEqual([]);
    expect(await client.retireWorkers({ addresses: [] })).toEqual([]);
  });

  it("reconnects once for all callers when the idle connection was dropped", async () => {
    await using server = await scheduler(() => 1);
    await using client = await SchedulerClient.connect(server.address);
    await client.adaptiveTarget();
    server.peers[0]?.socket.resetAndDestroy();
    expect(await Promise.all([1, 2, 3].map(() => client.adaptiveTarget()))).toEqual([1, 1, 1]);
    expect(server.peers).toHaveLength(2);
  });

  it("retries once when the connection dies during a request", async () => {
    let deadly = 1;
    await using server = await FakeServer.start((socket) => {
      let asked = 0;
      speakDask(socket, () => {
        if (asked++ > 0 || deadly-- > 1) socket.resetAndDestroy();
        else socket.write(encodeFrames([encodeMsgpack(1)]));
      });
    });
    await using client = await SchedulerClient.connect(server.address);
    await client.adaptiveTarget();
    deadly = 1;
    expect(await client.adaptiveTarget()).toBe(1);
    deadly = 9;
    await expect(client.adaptiveTarget()).rejects.toMatchObject({ code: "SCHEDULER_UNREACHABLE" });
    expect(server.peers).toHaveLength(3);
  });

  it("reconnects for the next caller after a timeout, and moves queued calls to the new connection", async () => {
    await using server = await FakeServer.start((socket, index) => {
      speakDask(socket, () => {
        if (index > 0) socket.write(encodeFrames([encodeMsgpack(index)]));
      });
    });
    await using client = await SchedulerClient.connect(server.address);
    const first = failureOf(client.adaptiveTarget(1000, { timeoutMs: 100 }));
    const queued = client.adaptiveTarget();
    expect(await first).toMatchObject({ code: "TIMEOUT" });
    expect(await queued).toBe(1);
  });

  it("treats a hang-up after shutdown as success, and is closed afterwards", async () => {
    await using server = await FakeServer.start((socket) => speakDask(socket, () => socket.destroy()));
    const client = await SchedulerClient.connect(server.address);
    await client.terminate();
    await expect(client.identity()).rejects.toMatchObject({ code: "CLOSED" });
    await Promise.all(server.peers.map(({ closed }) => closed));
  });

  it("reports why a scheduler refuses to shut down", async () => {
    await using server = await scheduler(() => ({ status: "uncaught-error", exception_text: "ValueError('blocked')" }));
    await using client = await SchedulerClient.connect(server.address);
    await expect(client.terminate()).rejects.toMatchObject({ code: "REMOTE_ERROR" });
  });

  it("closes everything, even twice, including pending and opening connections", async () => {
    let open = true;
    await using server = await FakeServer.start((socket) => {
      if (open) speakDask(socket, () => undefined);
    });
    const client = await SchedulerClient.connect(server.address);
    const calls = [client.identity(), client.retireWorkers({ names: ["a"] }), client.versions()];
    await expect.poll(() => server.peers.length).toBe(3);
    open = false;
    calls.push(client.retireWorkers({ names: ["b"] }));
    await expect.poll(() => server.peers.length).toBe(4);
    const failures = Promise.all(calls.map((call) => failureOf(call)));
    await Promise.all([client.close(), client.close()]);
    expect((await failures).map((error) => (error as DaskFleetError).code)).toEqual(calls.map(() => "CLOSED"));
    await client[Symbol.asyncDispose]();
    await expect(client.workers()).rejects.toMatchObject({ code: "CLOSED" });
    await Promise.all(server.peers.map(({ closed }) => closed));
  });

  it("keeps a shared connection attempt alive when one of its callers gives up", async () => {
    await using server = await FakeServer.start((socket, index) => {
      speakDask(socket, () => void socket.write(encodeFrames([encodeMsgpack(5)])), index * 100);
    });
    await using client = await SchedulerClient.connect(server.address);
    server.peers[0]?.socket.destroy();
    await server.peers[0]?.closed;
    const impatient = failureOf(client.adaptiveTarget(1, { timeoutMs: 20 }));
    const patient = client.adaptiveTarget(1);
    expect(await impatient).toMatchObject({ code: "SCHEDULER_UNREACHABLE" });
    expect(await patient).toBe(5);
  });

  it("leaves no socket behind when a connection fails", async () => {
    await using server = await FakeServer.start(() => undefined);
    await expect(SchedulerClient.connect(server.address, { timeoutMs: 50 })).rejects.toMatchObject({
      code: "SCHEDULER_UNREACHABLE",
    });
    await Promise.all(server.peers.map(({ closed }) => closed));
    const reason = new Error("enough");
    await expect(SchedulerClient.connect(server.address, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
