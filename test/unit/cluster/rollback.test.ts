import { expect, test } from "vitest";

import { DaskFleetError } from "../../../src/errors.ts";
import { FakeCloud, type Fault } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";

const { files } = ownStateDirectory();

/** How many calls a start makes before its workers have joined; the looks at the machines after that are beyond count. */
async function callsOfAStart(): Promise<number> {
  await using cloud = await FakeCloud.open();
  await using cluster = await new FakeCluster({ cloud, nWorkers: 2 }).start();
  expect(cluster.state).toBe("running");
  return cloud.calls.length;
}

test.each<Fault>(["fail", "lose"])(
  "Whichever call of a start the cloud lets %s, once, the cluster runs or nothing is left of it",
  async (fault) => {
    const calls = await callsOfAStart();
    expect(calls).toBeGreaterThan(4);
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

test.each<Fault>(["fail", "lose"])("A close during which any one call may %s still leaves nothing", async (fault) => {
  for (let bad = 1; bad <= 5; bad += 1) {
    await using cloud = await FakeCloud.open();
    const cluster = await new FakeCluster({ cloud, nWorkers: 2 }).start();
    const before = cloud.calls.length;
    cloud.fault = (_verb, _nth, call) => (call === before + bad ? fault : undefined);
    await cluster.close().catch(() => cluster.close());
    expect([cloud.empty, await files(), cluster.state]).toEqual([true, [], "closed"]);
  }
});

test("A start that fails for good says why, and what its tear-down could not remove hangs on the error", async () => {
  await using cloud = await FakeCloud.open();
  const denied = new DaskFleetError("AUTH_FAILED", "This account may not make workers");
  cloud.fault = (verb, nth) => {
    if (verb === "createMachines" && nth > 1) return denied;
    return verb === "destroyMachines" ? "fail" : undefined;
  };
  const cluster = new FakeCluster({ cloud, nWorkers: 2, closeTimeoutMs: 100 });
  const error = await cluster.start().catch((error: unknown) => error);
  expect(error).toBe(denied);
  expect(error).toMatchObject({
    teardownError: {
      code: "TEARDOWN_INCOMPLETE",
      left: [
        { kind: "machine", id: "m1" },
        { kind: "network", id: `net-of-${cluster.name}` },
      ],
    },
  });
  expect(await files()).toEqual([cluster.name]);
  cloud.fault = () => undefined;
  await cluster.close();
  expect([cloud.empty, await files()]).toEqual([true, []]);
});
