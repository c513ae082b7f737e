import { expect, test } from "vitest";

import { AzureVMCluster, type AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import { clusterTags } from "../../../src/provider/tags.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, FROM_HERE, TestSubscription } from "./subscription.ts";

isolatedState();

const SIZES = { a: "Standard_D2s_v5", b: "Standard_D4s_v5", c: "Standard_D2as_v5" };

/** Calls of a start and a close by name, without lists and looks that depend on how long things take. */
async function callsOf(workers: NonNullable<AzureVMClusterOptions["workers"]>): Promise<Record<string, number>> {
  await using subscription = await TestSubscription.open({ listLagMs: 0, stoppingMs: 0, boot: "paper" });
  const cluster = await subscription.cluster({ ...FROM_HERE, name: "lab", security: false, workers }).start();
  const { calls } = subscription.cloud;
  await cluster.close();
  expect(subscription.cloud.leftovers("lab")).toEqual([]);
  // A deletion that meets another change of its set is asked for again.
  const accepted = calls.entries.filter(({ status = 0 }) => status < 400).map(({ operation }) => operation);
  const changing = accepted.filter((name) => /VirtualMachine.*_(?:Create|Update|Delete)|Skus|Images/.test(name));
  const counted = [...Map.groupBy(changing, (name) => name)].map(([name, all]) => [name, all.length] as const);
  return Object.fromEntries(counted);
}

test("three groups of a hundred cost a create and a deletion each, beside one group of three hundred", async () => {
  const three = await callsOf(
    Object.fromEntries(Object.entries(SIZES).map(([name, instanceType]) => [name, { count: 100, instanceType }])),
  );
  const one = await callsOf({ a: { count: 300, instanceType: SIZES.a } });
  const alike = { ResourceSkus_List: 1, VirtualMachineImages_List: 1, VirtualMachineImages_Get: 1 };
  expect([one, three]).toEqual([
    {
      ...alike,
      VirtualMachines_CreateOrUpdate: 1,
      VirtualMachines_Delete: 1,
      VirtualMachineScaleSets_CreateOrUpdate: 1,
      VirtualMachineScaleSets_DeleteInstances: 1,
      VirtualMachineScaleSets_Delete: 1,
    },
    {
      ...alike,
      VirtualMachines_CreateOrUpdate: 1,
      VirtualMachines_Delete: 1,
      VirtualMachineScaleSets_CreateOrUpdate: 3,
      VirtualMachineScaleSets_DeleteInstances: 3,
      VirtualMachineScaleSets_Delete: 3,
    },
  ]);
});

test("another process looks once for what all groups need, although they grow at the same time", async () => {
  await using subscription = await TestSubscription.open({ listLagMs: 0, stoppingMs: 0, boot: "paper" });
  const workers = Object.fromEntries(Object.entries(SIZES).map(([name, instanceType]) => [name, { instanceType }]));
  const first = await subscription.cluster({ ...FROM_HERE, security: false, workers }).start();
  await first.detach();
  const { calls, machines } = subscription.cloud;
  expect(machines).toHaveLength(1);
  calls.reset();
  const second = await AzureVMCluster.attach(first.name);
  await second.scale({ a: 1, b: 1, c: 1 });
  expect([calls.count("ResourceSkus_List"), calls.count("VirtualMachineImages_Get")]).toEqual([1, 1]);
  expect(subscription.cloud.machines.map(({ vmSize }) => vmSize).toSorted()).toEqual(
    [SIZES.a, ...Object.values(SIZES)].toSorted(),
  );
  await second.close();
});

test("a poll lists the scale sets once, and the members of each", async () => {
  await using subscription = await TestSubscription.open({ listLagMs: 0, stoppingMs: 0 });
  const cluster = await subscription.prepared({ name: "lab" });
  for (const name of Object.keys(SIZES)) {
    const tags = clusterTags({ name: "lab", id: cluster.id }, "worker", undefined, name);
    const group = { name, size: 1, minimum: 0, quorum: 1, options: {} };
    await cluster.verbs.create({ ...cluster.request("worker", 1), group, tags }, anHour());
  }
  const { calls } = subscription.cloud;
  calls.reset();
  expect(await cluster.verbs.list(anHour())).toHaveLength(3);
  expect(calls.operations().toSorted()).toEqual([
    "VirtualMachineScaleSets_List",
    "VirtualMachines_Get",
    "VirtualMachines_List",
    "VirtualMachines_List",
    "VirtualMachines_List",
  ]);
});
