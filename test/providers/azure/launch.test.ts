import { expect, test } from "vitest";

import type { Machine } from "../../../src/provider/machine.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { anHour, FROM_HERE, type OpenCluster, TestSubscription } from "./subscription.ts";

isolatedState();

const QUICK = { listLagMs: 0 };

function operations({ cloud }: TestSubscription, which: RegExp): readonly string[] {
  return cloud.calls.operations().filter((operation) => which.test(operation));
}

async function workers(cluster: OpenCluster, count: number): Promise<readonly Machine[]> {
  const { machines, shortfall } = await cluster.verbs.create(cluster.request("worker", count), anHour());
  expect([machines.length, shortfall]).toEqual([count, undefined]);
  return machines;
}

test("one call creates the scheduler with its interface, address and disk, and one deletion removes them", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared({ name: "lab", vmTags: { team: "data" } });
  const { machines } = await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const [machine] = machines;
  expect(machine).toMatchObject({ id: "lab-scheduler", nodeName: "lab-scheduler", role: "scheduler" });
  expect(machine?.privateAddress).toBe(subscription.cloud.machines[0]?.privateAddress);
  const { account } = subscription.cloud;
  const parts = (): readonly number[] =>
    [account.vms, account.nics, account.publicAddresses, account.disks].map(({ all }) => all.length);
  expect([parts(), operations(subscription, /VirtualMachines_CreateOrUpdate/)]).toEqual([
    [1, 1, 1, 1],
    ["VirtualMachines_CreateOrUpdate"],
  ]);
  const tags = {
    creator: "dask-fleet",
    "cluster-name": "lab",
    "cluster-id": cluster.id,
    role: "scheduler",
    team: "data",
  };
  for (const { all } of [account.nics, account.publicAddresses, account.disks]) expect(all[0]?.tags).toEqual(tags);
  await cluster.verbs.destroy(machines, anHour());
  await until("all to be gone", () => parts().every((count) => count === 0));
  expect(operations(subscription, /_Delete/)).toEqual(["VirtualMachines_Delete"]);
});

test("workers are members of one scale set, which grows by one call and shrinks by instance names", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, stoppingMs: 0 });
  const cluster = await subscription.prepared({ name: "lab" });
  const first = await workers(cluster, 3);
  await workers(cluster, 20);
  expect(new Set(subscription.cloud.machines.map(({ scaleSet }) => scaleSet))).toEqual(new Set(["lab-w"]));
  for (const { id, nodeName } of first) {
    const view = subscription.cloud.machines.find((each) => each.id === id);
    expect([nodeName, nodeName.startsWith("lab-w")]).toEqual([view?.computerName, true]);
  }
  await cluster.verbs.list(anHour());
  await cluster.verbs.destroy(first, anHour());
  await until("three to go", () => subscription.cloud.machines.length === 20);
  const gone = new Set(first.map(({ id }) => id));
  expect(subscription.cloud.machines.some(({ id }) => gone.has(id))).toBe(false);
  // A change refused with 412 had no effect.
  const changes = subscription.cloud.calls.entries.filter(
    ({ operation, status = 0 }) =>
      status < 400 && /ScaleSets_(?:Create|Update|Delete)|VirtualMachines_(?:Create|Delete)/.test(operation),
  );
  expect(changes.map(({ operation }) => operation)).toEqual([
    "VirtualMachineScaleSets_CreateOrUpdate",
    "VirtualMachineScaleSets_Update",
    "VirtualMachineScaleSets_DeleteInstances",
  ]);
});

test("members already gone do not block the others, although Azure refuses a call that names one", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, stoppingMs: 0 });
  const cluster = await subscription.prepared();
  const made = await workers(cluster, 4);
  await cluster.verbs.list(anHour());
  await cluster.verbs.destroy(made.slice(0, 1), anHour());
  await until("one to go", () => subscription.cloud.machines.length === 3);
  await cluster.verbs.destroy(made, anHour());
  await until("all to go", () => subscription.cloud.machines.length === 0);
  await expect(cluster.verbs.destroy(made, anHour())).resolves.toBeUndefined();
});

test("partial capacity creates what fits, leaves nothing of the rest and says why", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, capacity: [{ machines: 3 }] });
  const cluster = await subscription.prepared();
  const created = await cluster.verbs.create(cluster.request("worker", 5), anHour());
  expect(created).toMatchObject({
    shortfall: { code: "CAPACITY_UNAVAILABLE", message: expect.stringContaining("AllocationFailed") },
    uncertain: false,
  });
  expect(created.machines).toHaveLength(3);
  await until("the failed ones to go", () => subscription.cloud.machines.length === 3);
  expect(subscription.cloud.machines.every(({ on }) => on)).toBe(true);
});

test("zones are tried in order, each with its own scale set, and workers join the scheduler's zone", async () => {
  await using subscription = await TestSubscription.open({
    ...QUICK,
    capacity: [
      { zone: "1", machines: 0 },
      { zone: "2", machines: 3 },
    ],
  });
  const cluster = await subscription.prepared({ name: "lab", zones: ["1", 2, "3"] });
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  await workers(cluster, 4);
  const where = subscription.cloud.machines.filter(({ on }) => on).map(({ zone, scaleSet }) => `${zone} ${scaleSet}`);
  expect(where.sort()).toEqual(["2 lab-w2", "2 lab-w2", "2 undefined", "3 lab-w3", "3 lab-w3"].toSorted());
});

test("workers are requested in the scheduler's zone first, even when an earlier zone has capacity again", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, capacity: [{ zone: "1", machines: 0 }] });
  const cluster = await subscription.prepared({ zones: ["1", "2"] });
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  subscription.cloud.account.capacity = [];
  await workers(cluster, 2);
  expect(subscription.cloud.machines.map(({ zone }) => zone)).toEqual(["2", "2", "2"]);
});

test("a full set of a thousand machines is reported and not grown", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared();
  await workers(cluster, 998);
  const created = await cluster.verbs.create(cluster.request("worker", 3), anHour());
  expect([created.machines.length, created.shortfall?.message]).toEqual([
    2,
    expect.stringMatching(/has 1,000 machines, the most that one can have. Set several `zones`/),
  ]);
});

test("concurrent scale-ups wait for each other and create no machine twice", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, provisionedMs: 500_000 });
  const cluster = await subscription.prepared();
  await workers(cluster, 1);
  await workers(cluster, 2);
  const conflicts = subscription.cloud.calls.entries.filter(({ status }) => status === 409);
  expect([conflicts.length > 0, subscription.cloud.machines.length]).toEqual([true, 3]);
});

test("a failed poll of an operation is retried from where it stopped", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const { faults } = subscription.cloud;
  for (const [nth, kind] of (["error-before", "cut", "lost-reply", "throttle"] as const).entries()) {
    faults.onOperation("Operations_Get", kind, { nth: 2 * nth });
  }
  const cluster = await subscription.prepared();
  await workers(cluster, 2);
  expect(subscription.cloud.machines).toHaveLength(2);
});

test("passwords are off, nobody keeps the generated key, and the user's own key replaces it", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const bodies: string[] = [];
  const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here";
  for (const sshKeys of [[], [key]]) {
    const cluster = await subscription.prepared({ sshKeys });
    await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
    const vm = subscription.cloud.account.vms.all.at(-1);
    bodies.push(JSON.stringify(vm?.plan));
  }
  expect(bodies[0]).not.toContain(key);
  expect(bodies[1]).toContain(key);
});

test("publicIp: false admits the network's own addresses and gives no machine a public one", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, boot: "paper" });
  await using cluster = await subscription
    .cluster({ nWorkers: 1, publicIp: false, vnet: "lab-vnet", subnet: "workers", security: false })
    .start();
  expect(subscription.cloud.machines.map(({ publicAddress }) => publicAddress)).toEqual([undefined, undefined]);
  await cluster.close();
  expect(operations(subscription, /VirtualNetworks_(?:Create|Delete)/)).toEqual([]);
});

test("a security group of the user's own is used unchanged and kept", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, boot: "paper" });
  await using cluster = await subscription
    .cluster({ nWorkers: 1, vnet: "lab-vnet", securityGroup: "lab-nsg", security: false })
    .start();
  expect(await cluster.workers()).toHaveLength(1);
  await cluster.close();
  expect(operations(subscription, /(?:Groups|Networks)_(?:Create|Delete)/)).toEqual([]);
  expect(subscription.cloud.account.securityGroups.all.map(({ name }) => name)).toEqual(["lab-nsg"]);
});

test("a failed start that created only machines rolls them back", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, boot: "paper", capacity: [{ machines: 1 }] });
  const own = { vnet: "lab-vnet", securityGroup: "lab-nsg" };
  const cluster = subscription.cluster({ ...own, nWorkers: 1, security: false, startTimeoutMs: patient(4000) });
  await expect(cluster.start()).rejects.toMatchObject({ code: "CAPACITY_UNAVAILABLE" });
  expect(operations(subscription, /VirtualMachines_CreateOrUpdate/)).toHaveLength(1);
  expect(subscription.cloud.leftovers(cluster.name)).toEqual([]);
});

test("the scheduler alone has a public address without workerPublicIp", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, boot: "paper" });
  await using cluster = await subscription
    .cluster({ ...FROM_HERE, vnet: "lab-vnet", nWorkers: 1, workerPublicIp: false, security: false })
    .start();
  const isPublic = subscription.cloud.machines.map(({ scaleSet, publicAddress }) => [
    scaleSet !== undefined,
    publicAddress !== undefined,
  ]);
  expect(isPublic).toEqual([
    [false, true],
    [true, false],
  ]);
  await cluster.close();
});

test("a resource that outlives its machine is found by its tags and removed", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, stoppingMs: 0 });
  const cluster = await subscription.prepared();
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const { account } = subscription.cloud;
  for (const part of [...account.nics.all, ...account.publicAddresses.all, ...account.disks.all]) {
    Object.assign(part, { deletes: false });
  }
  await cluster.verbs.destroy(await cluster.verbs.list(anHour()), anHour());
  await until("the machine to go", () => subscription.cloud.machines.length === 0);
  const left = await cluster.verbs.resources(anHour());
  expect(left.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["network interface", "disk"]));
  await cluster.verbs.release(anHour());
  expect([account.nics.all, account.publicAddresses.all, account.disks.all]).toEqual([[], [], []]);
  expect(subscription.cloud.leftovers(cluster.name)).toEqual([]);
});

test("extraVmOptions reach the scheduler's machine and the workers' description", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const extraVmOptions = {
    storageProfile: { osDisk: { managedDisk: { storageAccountType: "Premium_LRS" } } },
    diagnosticsProfile: { bootDiagnostics: { enabled: false } },
  };
  const cluster = await subscription.prepared({ extraVmOptions });
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  await workers(cluster, 1);
  const plans = subscription.cloud.account.vms.all.map(({ plan }) => JSON.stringify(plan));
  for (const plan of plans) expect(plan).toContain("Premium_LRS");
  expect(subscription.cloud.violations).toEqual([]);
});

test("long user data is accepted if it is short when compressed", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, boot: "paper" });
  const extraBootstrap = [`: ${"x".repeat(100_000)}`];
  const cluster = await subscription.cluster({ ...FROM_HERE, nWorkers: 1, security: false, extraBootstrap }).start();
  expect(await cluster.workers()).toHaveLength(1);
  expect(subscription.cloud.machines.map(({ userData }) => userData?.toString("hex", 0, 2))).toEqual(["1f8b", "1f8b"]);
  await cluster.close();
});

test("a price limit applies to spot machines only", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, capacity: [{ priority: "Spot", machines: 1 }] });
  const cluster = await subscription.prepared({
    spot: "with-fallback",
    extraVmOptions: { billingProfile: { maxPrice: 0.05 } },
  });
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  await workers(cluster, 2);
  const bodies = subscription.cloud.recorder.requests
    .filter(({ operation }) => /(?:Machines|Sets)_CreateOrUpdate$/.test(operation))
    .map(({ request }) => request.body.toString().includes('"billingProfile":{"maxPrice":0.05}'));
  expect(bodies).toEqual([false, true, false]);
});

test("a close succeeds when somebody deleted the whole resource group", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, boot: "paper" });
  const cluster = await subscription.cluster({ ...FROM_HERE, nWorkers: 1, security: false }).start();
  const { account } = subscription.cloud;
  for (const { id } of await cluster.machines()) subscription.cloud.kill(id);
  account.groups.clear();
  await cluster.close();
  expect(cluster.state).toBe("closed");
});
