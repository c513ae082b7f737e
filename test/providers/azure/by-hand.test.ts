import { expect, test } from "vitest";

import { AzureVMCluster } from "../../../providers/azure/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { anHour, FROM_HERE, json, type OpenCluster, TestSubscription } from "./subscription.ts";

isolatedState();

const QUICK = { listLagMs: 0, stoppingMs: 100 };
const PLAIN = { ...FROM_HERE, security: false, lostWorkerTimeoutMs: 400 } as const;
const GROUP = "dask-rg";

async function untilReplaced(subscription: TestSubscription, cluster: OpenCluster, lost: ReadonlySet<string>) {
  await until("other machines in the place of those that are lost", async () => {
    const ids = subscription.cloud.machines.map(({ id }) => id);
    return ids.length === 4 && !ids.some((id) => lost.has(id)) && (await cluster.workers()).length === 3;
  });
}

test("a worker or scale set deleted by hand is replaced, and the cluster closes cleanly", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, boot: "paper" });
  const cluster = await subscription.cluster({ ...PLAIN, nWorkers: 3 }).start();
  const members = (): readonly string[] =>
    subscription.cloud.machines.flatMap(({ id, scaleSet }) => (scaleSet === undefined ? [] : [id]));
  const api = await subscription.api();
  const [one = ""] = members();
  await api.call("by hand", anHour(), ({ compute }) => compute.virtualMachines.delete(GROUP, one).submitted());
  await untilReplaced(subscription, cluster, new Set([one]));
  const all = members();
  await api.call("by hand", anHour(), ({ compute }) =>
    compute.virtualMachineScaleSets.delete(GROUP, `${cluster.name}-w`, { forceDeletion: true }).submitted(),
  );
  await untilReplaced(subscription, cluster, new Set(all));
  await cluster.close();
  expect([cluster.state, subscription.cloud.leftovers(cluster.name)]).toEqual(["closed", []]);
});

test("a scheduler's machine deleted right after its creation fails the start at once", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared();
  const end = subscription.instead(
    /^VirtualMachines_Get$/,
    json(404, { error: { code: "ResourceNotFound", message: "The Resource was not found." } }),
  );
  expect(await cluster.verbs.create(cluster.request("scheduler", 1), anHour())).toMatchObject({
    machines: [],
    shortfall: { code: "PROVIDER_FAILED", message: expect.stringContaining("does not exist any more") },
    uncertain: false,
  });
  // It is deleted by name, since it may still exist.
  await until("the machine to go", () => subscription.cloud.machines.length === 0);
  end();
});

test("a failed machine without a reason is explained by its creating operation", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, allocationMs: 0, capacity: [{ machines: 0 }] });
  const cluster = await subscription.prepared();
  const failed = { name: `${cluster.name}-scheduler`, properties: { provisioningState: "Failed" } };
  const end = subscription.instead(/^VirtualMachines_Get$/, json(200, failed));
  expect(await cluster.verbs.create(cluster.request("scheduler", 1), anHour())).toMatchObject({
    machines: [],
    shortfall: { code: "CAPACITY_UNAVAILABLE", message: expect.stringContaining("AllocationFailed") },
  });
  end();
});

test("the scheduler's machine counts as created once its private address is known, however long that takes", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, pendingMs: 0, addressMs: 300_000 });
  const cluster = await subscription.prepared();
  const { machines } = await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  expect(machines).toEqual([expect.objectContaining({ privateAddress: expect.stringMatching(/^[\d.]+$/) })]);
});

test("another process finds the scheduler's zone and tries spot workers there first", async () => {
  await using subscription = await TestSubscription.open({
    ...QUICK,
    boot: "paper",
    capacity: [{ zone: "1", machines: 0 }],
  });
  const { account } = subscription.cloud;
  const cluster = await subscription.cluster({ ...PLAIN, zones: [1, 2], spot: "with-fallback" }).start();
  account.capacity = [];
  await cluster.scale(1);
  await cluster.detach();
  const other = await AzureVMCluster.attach(cluster.name);
  account.capacity = [{ zone: "2", priority: "Spot", machines: 2 }];
  await other.scale(3);
  const where = subscription.cloud.machines.map(({ zone, scaleSet, spot }) => [
    zone,
    scaleSet?.split("-").at(-1),
    spot,
  ]);
  expect(where).toEqual([
    ["2", undefined, false],
    ["2", "w2s", true],
    ["2", "w2s", true],
    ["1", "w1s", true],
  ]);
  await other.close();
  expect(subscription.cloud.leftovers(cluster.name)).toEqual([]);
});
