import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { Machine } from "../../../src/provider/machine.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { anHour, json, type OpenCluster, TestSubscription } from "./subscription.ts";

isolatedState();

const QUICK = { listLagMs: 0, stoppingMs: 0 };
const HOUR = 3_600_000;
const SET = /^VirtualMachineScaleSets_Get$/;
const NOT_FOUND = json(404, { error: { code: "ResourceNotFound", message: "The Resource was not found." } });

async function workers(cluster: OpenCluster, count: number): Promise<readonly Machine[]> {
  const { machines, shortfall } = await cluster.verbs.create(cluster.request("worker", count), anHour());
  expect(shortfall).toBeUndefined();
  return machines;
}

function ids({ cloud }: TestSubscription): ReadonlySet<string> {
  return new Set(cloud.account.vms.all.filter(({ deletedAt }) => deletedAt === undefined).map(({ name }) => name));
}

function misreport({ cloud }: TestSubscription, capacity: number): void {
  for (const set of cloud.account.scaleSets.all) set.misreport(capacity, cloud.clock.now() + 24 * HOUR);
}

test.each([0, 2, 4])("a scale set of five that reports %d grows by one and keeps all five", async (told) => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared({ listLagMs: 0 });
  await workers(cluster, 5);
  const before = ids(subscription);
  misreport(subscription, told);
  await workers(cluster, 1);
  expect([...before].filter((id) => !ids(subscription).has(id))).toEqual([]);
  expect(ids(subscription).size).toBe(6);
});

test("a scale set that one read misses is not created over the existing one", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared({ listLagMs: 0 });
  await workers(cluster, 5);
  const before = ids(subscription);
  let isFirst = true;
  subscription.instead(SET, () => {
    const reply = isFirst ? NOT_FOUND : undefined;
    isFirst = false;
    return reply;
  });
  await workers(cluster, 1);
  expect([...before].filter((id) => !ids(subscription).has(id))).toEqual([]);
  expect(ids(subscription).size).toBe(6);
});

test("lagging lists and sets never make a scale-up delete new machines", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared({ listLagMs: 60_000 });
  await workers(cluster, 3);
  const before = ids(subscription);
  const ends = [
    subscription.instead(/^VirtualMachines_List$/, json(200, { value: [] })),
    subscription.instead(SET, NOT_FOUND),
  ];
  const growing = workers(cluster, 2);
  await until("three looks", () => subscription.cloud.calls.operations().filter((each) => SET.test(each)).length > 3);
  expect(ids(subscription)).toEqual(before);
  for (const end of ends) end();
  await growing;
  expect([...before].filter((id) => !ids(subscription).has(id))).toEqual([]);
  expect(ids(subscription).size).toBe(5);
});

test("a scale-up that races another process reads the set again and counts from there", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared({ listLagMs: 0 });
  await workers(cluster, 2);
  let isFirst = true;
  subscription.cloud.recorder.watch(({ operation }) => {
    if (operation !== "VirtualMachineScaleSets_Update" || !isFirst) return undefined;
    isFirst = false;
    for (const set of subscription.cloud.account.scaleSets.all) set.changed();
    return undefined;
  });
  await workers(cluster, 1);
  const updates = subscription.cloud.calls.entries.filter(({ operation }) => operation.endsWith("Sets_Update"));
  // 409: the set is still being made.
  const statuses = updates.map(({ status }) => status).filter((status) => status !== 409);
  expect([ids(subscription).size, statuses]).toEqual([3, [412, 200]]);
});

test.each(["lost-reply", "error-after"] as const)(
  "a scale-up whose answer is lost (%s) takes effect once, for new and existing sets",
  async (fault) => {
    await using subscription = await TestSubscription.open(QUICK);
    const cluster = await subscription.prepared({ listLagMs: 0 });
    subscription.cloud.faults.onOperation("VirtualMachineScaleSets_CreateOrUpdate", fault);
    await workers(cluster, 2);
    subscription.cloud.faults.onOperation("VirtualMachineScaleSets_Update", fault);
    await workers(cluster, 3);
    expect(ids(subscription).size).toBe(5);
  },
);

test("a new scale set is retried until Azure finds it", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, getLagMs: 200_000 });
  const cluster = await subscription.prepared({ listLagMs: 60_000 });
  await workers(cluster, 2);
  await workers(cluster, 1);
  expect(ids(subscription).size).toBe(3);
});

test("a set that still counts deleted machines creates no machine that is not returned", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, capacityLagMs: HOUR });
  const cluster = await subscription.prepared({ listLagMs: 0 });
  const made = await workers(cluster, 4);
  await cluster.verbs.list(anHour());
  await cluster.verbs.destroy(made.slice(0, 2), anHour());
  await until("two to go", () => subscription.cloud.machines.length === 2);
  const { machines } = await cluster.verbs.create(cluster.request("worker", 1), anHour());
  const listed = await cluster.verbs.list(anHour());
  expect(new Set(listed.map(({ id }) => id))).toEqual(ids(subscription));
  expect(machines.every(({ id }) => ids(subscription).has(id))).toBe(true);
});

test("a scale-up never deletes a machine, whatever size the set reports", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const told = fc.array(
    fc.record({ wrong: fc.option(fc.integer({ min: 0, max: 9 })), more: fc.integer({ min: 1, max: 3 }) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  await fc.assert(
    fc.asyncProperty(told, async (growths) => {
      const cluster = await subscription.prepared({ listLagMs: 0 });
      for (const { wrong, more } of growths) {
        const before = ids(subscription);
        if (wrong !== null) misreport(subscription, wrong);
        await cluster.verbs.create(cluster.request("worker", more), anHour());
        const after = ids(subscription);
        expect([...before].filter((id) => !after.has(id))).toEqual([]);
        expect(after.size).toBeGreaterThanOrEqual(before.size + more);
      }
    }),
    { numRuns: 15 },
  );
});
