import { expect, test } from "vitest";

import { sleep } from "../../../src/wait.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { anHour, json, TestSubscription } from "./subscription.ts";

isolatedState();

const QUICK = { listLagMs: 0, stoppingMs: 0 };
const NOTHING = json(200, { value: [] });

test("workers are found in a scale set that no list shows yet, and the set is removed", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared({ listLagMs: 60_000 });
  const { machines } = await cluster.verbs.create(cluster.request("worker", 2), anHour());
  const end = subscription.instead(/^VirtualMachineScaleSets_List$/, NOTHING);
  const ids = machines.map(({ id }) => id).toSorted();
  expect((await cluster.verbs.list(anHour())).map(({ id }) => id).toSorted()).toEqual(ids);
  await expect(cluster.verbs.release(anHour())).rejects.toThrow(`The scale set ${cluster.name}-w still has machines:`);
  await cluster.verbs.destroy(machines, anHour());
  await until("them to go", async () => (await cluster.verbs.list(anHour())).length === 0);
  await cluster.verbs.release(anHour());
  expect(subscription.cloud.leftovers(cluster.name)).toEqual([]);
  end();
});

test("machines that one list misses are not reported as new", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared({ listLagMs: 60_000 });
  const first = await cluster.verbs.create(cluster.request("worker", 2), anHour());
  let isFirst = true;
  subscription.cloud.recorder.watch(({ operation }) => {
    if (!isFirst || operation !== "VirtualMachines_List") return undefined;
    isFirst = false;
    return NOTHING;
  });
  const { machines, shortfall } = await cluster.verbs.create(cluster.request("worker", 1), anHour());
  expect([machines.length, shortfall]).toEqual([1, undefined]);
  expect(first.machines.map(({ id }) => id)).not.toContain(machines[0]?.id);
  await cluster.verbs.list(anHour());
  await cluster.verbs.destroy(machines, anHour());
});

test("the scheduler is located once its public address is known, which may follow the private one", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared();
  const end = subscription.instead(/^PublicIPAddresses_Get$/, json(200, { properties: {} }));
  const { machines } = await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const [scheduler] = machines;
  if (scheduler === undefined) throw new Error("There is no scheduler");
  expect(scheduler).toMatchObject({ privateAddress: expect.any(String), publicAddress: undefined });
  setTimeout(end, 200);
  expect(await cluster.verbs.locate(scheduler, anHour())).toMatchObject({
    publicAddress: subscription.cloud.machines[0]?.publicAddress,
  });
});

test("a machine whose deletion was accepted is ending, for as long as a list may lag", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared({ listLagMs: 400 });
  const { machines } = await cluster.verbs.create(cluster.request("worker", 1), anHour());
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const states = async (): Promise<readonly string[]> =>
    (await cluster.verbs.list(anHour())).map(({ state }) => (state === "ending" ? state : "alive"));
  expect([machines.length, await states()]).toEqual([1, ["alive", "alive"]]);
  const end = subscription.instead(/^VirtualMachines_Delete$|_DeleteInstances$/, { status: 202 });
  await cluster.verbs.destroy(await cluster.verbs.list(anHour()), anHour());
  expect(await states()).toEqual(["ending", "ending"]);
  await sleep(500);
  expect(await states()).toEqual(["alive", "alive"]);
  end();
});
