import { expect, test } from "vitest";

import { DaskFleetError } from "../../../src/errors.ts";
import { FakeCloud, type Fault } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

/** The number of calls in a start before its workers join; later list calls vary. */
async function callsOfAStart(): Promise<number> {
  await using cloud = await FakeCloud.open();
  await using cluster = await new FakeCluster({ cloud, nWorkers: 2 }).start();
  expect(cluster.state).toBe("running");
  return cloud.calls.length;
}

test.each<Fault>(["fail", "lose"])(
  "Whichever call of a start may %s, once, the cluster runs or rolls back completely",
  async (fault) => {
    const calls = await callsOfAStart();
    expect(calls).toBeGreaterThanOrEqual(4);
    for (let bad = 1; bad <= calls; bad += 1) {
      await using cloud = await FakeCloud.open();
      cloud.fault = (_verb, _nth, call) => (call === bad ? fault : undefined);
      const cluster = new FakeCluster({ cloud, nWorkers: 2 });
      const outcome = await cluster.start().then(
        () => "running",
        () => "failed",
      );
      expect(cluster.state).toBe(outcome);
      if (outcome === "running") expect(cloud.workers).toHaveLength(2);
      else expect([cloud.empty, await files()]).toEqual([true, []]);
      expect(cloud.peak).toBeLessThanOrEqual(2);
      await cluster.close();
      expect([cloud.empty, await files()]).toEqual([true, []]);
    }
  },
);

test.each<Fault>(["fail", "lose"])("A close during which any one call may %s leaves nothing behind", async (fault) => {
  for (let bad = 1; bad <= 5; bad += 1) {
    await using cloud = await FakeCloud.open();
    const cluster = await new FakeCluster({ cloud, nWorkers: 2 }).start();
    const before = cloud.calls.length;
    cloud.fault = (_verb, _nth, call) => (call === before + bad ? fault : undefined);
    await cluster.close().catch(() => cluster.close());
    expect([cloud.empty, await files(), cluster.state]).toEqual([true, [], "closed"]);
  }
});

const WORKERS_DENIED = new DaskFleetError("AUTH_FAILED", "This account may not make workers");

/** Creates the scheduler's machine; workers and deletions are refused. */
const stuck: FakeCloud["fault"] = (verb, nth) => {
  if (verb === "create" && nth > 1) return WORKERS_DENIED;
  return verb === "destroy" ? new DaskFleetError("PROVIDER_FAILED", "The machine is locked") : undefined;
};

function leftOf({ name }: FakeCluster): unknown {
  return [
    { kind: "machine", id: "m1" },
    { kind: "network", id: `net-of-${name}` },
  ];
}

test("A failed rollback lists what remains, why, and what removes it", async () => {
  await using cloud = await FakeCloud.open();
  cloud.fault = stuck;
  const cluster = new FakeCluster({ cloud, nWorkers: 2, closeTimeoutMs: 100 });
  const warnings: string[] = [];
  cluster.onProgress((event) => {
    if (event.type === "warning") warnings.push(event.message);
  });
  const error: unknown = await cluster.start().catch((error: unknown) => error);
  expect(error).toMatchObject({
    name: "RollbackIncompleteError",
    code: "AUTH_FAILED",
    meaning: "credentials",
    cause: WORKERS_DENIED,
    left: leftOf(cluster),
    teardownError: { code: "TEARDOWN_INCOMPLETE" },
  });
  expect(Object.keys(error as object)).toContain("left");
  const { message } = error as Error;
  expect(message).toMatch(/^This account may not make workers\nThe rollback was incomplete\. /);
  expect(message).toContain(`Left behind: machine m1, network net-of-${cluster.name}\n- The machine is locked\n`);
  expect(message).toContain(
    `FakeCluster.remove("${cluster.name}") or "dask-fleet remove fake ${cluster.name} --region here --id ${cluster.id}"`,
  );
  expect([warnings.at(-1), cluster.state, await files()]).toEqual([message, "failed", [cluster.name]]);
  cloud.fault = () => undefined;
  await FakeCluster.remove(cluster.name, { cloud });
  expect([cloud.empty, await files()]).toEqual([true, []]);
  await cluster.close();
});

test.each([
  { what: "a text", reason: "changed my mind", told: "changed my mind" },
  { what: "nothing", reason: null, told: "null" },
  { what: "a frozen error", reason: Object.freeze(new Error("changed my mind")), told: "changed my mind" },
  { what: "an error", reason: new Error("changed my mind"), told: "changed my mind" },
])("A start aborted with $what as the reason also lists what remains", async ({ reason, told }) => {
  await using cloud = await FakeCloud.open();
  const controller = new AbortController();
  cloud.dud = () => true;
  const cluster = new FakeCluster({ cloud, nWorkers: 1, closeTimeoutMs: 100 });
  const abort = cluster.onProgress((event) => {
    if (event.type !== "phase-started" || event.phase !== "workers joined") return;
    cloud.fault = (verb) => (verb === "destroy" ? "fail" : undefined);
    controller.abort(reason);
  });
  const error: unknown = await cluster.start(controller).catch((error: unknown) => error);
  abort();
  expect(error).toBeInstanceOf(DaskFleetError);
  expect((error as Error).cause).toBe(reason);
  expect(error).toMatchObject({
    code: "TEARDOWN_INCOMPLETE",
    left: [{ id: "m1" }, { id: "m2" }, { id: `net-of-${cluster.name}` }],
    message: expect.stringContaining(told),
  });
  cloud.fault = () => undefined;
  await cluster.close();
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A start that was aborted and rolled back rejects with the very reason", async () => {
  await using cloud = await FakeCloud.open();
  const reason = Object.freeze(new Error("changed my mind"));
  const controller = new AbortController();
  const cluster = new FakeCluster({ cloud, nWorkers: 1 });
  cluster.onProgress((event) => {
    if (event.type === "phase-started" && event.phase === "scheduler up") controller.abort(reason);
  });
  await expect(cluster.start(controller)).rejects.toBe(reason);
  expect([cloud.empty, await files()]).toEqual([true, []]);
});
