import { expect, test } from "vitest";

import { AzureVMCluster } from "../../../providers/azure/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { FROM_HERE, TestSubscription } from "./subscription.ts";

isolatedState();

const QUICK = { pollIntervalMs: 20, listLagMs: 150 };
const ENDS = { ...FROM_HERE, nWorkers: 2, security: false } as const;

/** The machines run the very script that they were sent, which asks Azure's metadata service and then Azure. */
test("machines with a managed identity delete themselves and their resources when Dask ends", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper" });
  const { cloud } = subscription;
  const [identity = ""] = cloud.account.identities;
  const cluster = await subscription.cluster({ ...ENDS, managedIdentity: identity }).start();
  await cluster.detach();
  expect(cloud.machines.map(({ identities }) => identities)).toEqual([[identity], [identity], [identity]]);
  cloud.paper.scheduler(cluster.name)?.terminate();
  const { vms, nics, publicAddresses, disks } = cloud.account;
  await until("the machines and their parts to be gone", () =>
    [vms, nics, publicAddresses, disks].every(({ all }) => all.length === 0),
  );
  // The leftovers are free and removed by name.
  expect(new Set(cloud.leftovers(cluster.name).map(({ kind }) => kind))).toEqual(
    new Set(["scale set", "security group", "application security group", "virtual network"]),
  );
  await AzureVMCluster.remove(cluster.name, QUICK);
  expect([cloud.leftovers(cluster.name), cloud.violations]).toEqual([[], []]);
});

test("machines without one power off and are billed until sweep() removes them from any computer", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper" });
  const { cloud } = subscription;
  const cluster = await subscription.cluster(ENDS).start();
  await cluster.detach();
  cloud.paper.scheduler(cluster.name)?.terminate();
  await until("the machines to be off", () => cloud.machines.every(({ powerState }) => powerState === "stopped"));
  expect(cloud.machines).toHaveLength(3);
  expect(await AzureVMCluster.sweep(QUICK)).toEqual([cluster.name]);
  expect(cloud.leftovers(cluster.name)).toEqual([]);
});

test("machines whose identity may not delete them stop, and sweep() removes them", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper" });
  const { cloud } = subscription;
  const [identity = ""] = cloud.account.identities;
  const cluster = await subscription.cluster({ ...ENDS, managedIdentity: identity }).start();
  await cluster.detach();
  cloud.forbidden = new Set(["VirtualMachines_Delete"]);
  cloud.paper.scheduler(cluster.name)?.terminate();
  await until(
    "the machines to be off",
    () => cloud.machines.every(({ powerState }) => powerState === "stopped"),
    20_000,
  );
  expect(cloud.calls.operations().filter((operation) => operation === "VirtualMachines_Delete").length).toBeGreaterThan(
    2,
  );
  cloud.forbidden = new Set();
  expect(await AzureVMCluster.sweep(QUICK)).toEqual([cluster.name]);
  expect(cloud.leftovers(cluster.name)).toEqual([]);
});

test("an unknown identity fails the start with Azure's reason and leaves nothing", async () => {
  await using subscription = await TestSubscription.open({ boot: "paper" });
  const identity = subscription.cloud.account.identities[0]?.replace(/[^/]+$/, "nobody") ?? "";
  const cluster = subscription.cluster({ ...ENDS, managedIdentity: identity });
  await expect(cluster.start()).rejects.toMatchObject({ message: expect.stringContaining("nobody") });
  expect(subscription.cloud.leftovers(cluster.name)).toEqual([]);
});
