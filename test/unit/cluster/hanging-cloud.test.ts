import { expect, test } from "vitest";

import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { FakeCloud, type Fault, type Verb } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

const PLACES: readonly [verb: Verb, nth: number, what: string][] = [
  ["prepare", 1, "the network is prepared"],
  ["create", 1, "the scheduler's machine is created"],
  ["create", 2, "the workers' machines are created"],
  ["list", 1, "the machines are listed"],
];

const CASES = PLACES.flatMap(([verb, nth, what]) =>
  (["hang", "deaf"] as const).map((fault): [string, Fault, Verb, number] => [what, fault, verb, nth]),
);

test.each(CASES)(
  "A start during which the cloud stops answering while %s (%s) ends in time",
  async (_, fault, verb, nth) => {
    await using cloud = await FakeCloud.open();
    cloud.fault = (each, count) => (each === verb && count === nth ? fault : undefined);
    const cluster = new FakeCluster({ cloud, nWorkers: 1, startTimeoutMs: 300, closeTimeoutMs: 1500 });
    const began = performance.now();
    await expect(cluster.start()).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(performance.now() - began).toBeLessThan(patient(10_000));
    await cluster.close();
    expect([cloud.empty, await files()]).toEqual([true, []]);
  },
);

test.each(CASES)(
  "A start can be aborted while %s, although the cloud does not answer (%s)",
  async (_, fault, verb, nth) => {
    await using cloud = await FakeCloud.open();
    cloud.fault = (each, count) => (each === verb && count === nth ? fault : undefined);
    const cluster = new FakeCluster({ cloud, nWorkers: 1, closeTimeoutMs: 500 });
    const controller = new AbortController();
    const started = cluster.start({ signal: controller.signal }).catch((error: unknown) => error);
    await until("the call that hangs", () => cloud.calls.filter((each) => each === verb).length >= nth);
    const reason = new Error("changed my mind");
    controller.abort(reason);
    expect(await started).toBe(reason);
    await cluster.close();
    expect([cloud.empty, await files()]).toEqual([true, []]);
  },
);

test("A machine of an abandoned create call is destroyed when it appears", async () => {
  await using cloud = await FakeCloud.open();
  cloud.fault = (verb, nth) => (verb === "create" && nth === 2 ? "deaf" : undefined);
  const cluster = new FakeCluster({
    cloud,
    nWorkers: 3,
    startTimeoutMs: patient(500),
    closeTimeoutMs: 3000,
    listLagMs: 300,
  });
  const started = cluster.start().catch((error: unknown) => error);
  await until("the network to go", () => cluster.state === "starting" && cloud.calls.includes("destroy"));
  cloud.wakeUp();
  expect(await started).toMatchObject({ code: "TIMEOUT" });
  expect([cloud.tokens.length, cloud.empty, await files()]).toEqual([2, true, []]);
});

test("An unresponsive cloud delays neither scale(), its abort, nor a concurrent close", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, nWorkers: 1, closeTimeoutMs: 500 }).start();
  cloud.fault = (verb) => (verb === "create" ? "deaf" : undefined);
  const began = performance.now();
  await expect(cluster.scale(2, { timeoutMs: 100 })).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(performance.now() - began).toBeLessThan(patient(4000));
  const reason = new Error("enough");
  await expect(cluster.scale(3, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const scaling = cluster.scale(2).catch((error: unknown) => error);
  const closing = cluster.close();
  expect(await scaling).toMatchObject({ code: "CLOSED" });
  await closing;
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A close ends in time when the cloud does not answer, lists what remains, and can be retried", async () => {
  await using cloud = await FakeCloud.open();
  const cluster = await new FakeCluster({ cloud, nWorkers: 1, closeTimeoutMs: 300 }).start();
  cloud.fault = (verb) => (verb === "destroy" ? "deaf" : undefined);
  const machines = ["m1", "m2"].map((id) => ({ kind: "machine", id }));
  const left = [...machines, { kind: "network", id: `net-of-${cluster.name}` }];
  await expect(cluster.close()).rejects.toMatchObject({ code: "TEARDOWN_INCOMPLETE", left });
  expect(await files()).toEqual([cluster.name]);
  cloud.fault = () => undefined;
  await cluster.close();
  expect([cloud.empty, await files(), cluster.state]).toEqual([true, [], "closed"]);
});
