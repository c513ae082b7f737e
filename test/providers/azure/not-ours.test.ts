import { expect, test } from "vitest";

import type { AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { anHour, FROM_HERE, json, type OpenCluster, TestSubscription } from "./subscription.ts";

isolatedState();

const QUICK = { listLagMs: 0, stoppingMs: 0 };
const SOMEBODYS = { creator: "somebody", "cluster-name": "web" };
const OTHER = "00000000-0000-4000-8000-000000000000";

/** The cluster "web", whose things are somebody else's from now on. */
async function disowned(subscription: TestSubscription): Promise<OpenCluster> {
  const cluster = await subscription.prepared({ name: "web" });
  await cluster.verbs.create(cluster.request("worker", 1), anHour());
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const { account } = subscription.cloud;
  const tags = SOMEBODYS;
  for (const set of account.scaleSets.all) Object.assign(set, { tags, body: { ...set.body, tags } });
  for (const vm of account.vms.all) Object.assign(vm, { plan: { ...vm.plan, tags } });
  return cluster;
}

test("a foreign scale set with the cluster's name is neither grown nor deleted", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  await disowned(subscription);
  const { account, machines } = subscription.cloud;
  const cluster = await subscription.prepared({ name: "web", listLagMs: 3_600_000 });
  const created = await cluster.verbs.create(cluster.request("worker", 2), anHour());
  expect(created).toMatchObject({
    machines: [],
    shortfall: {
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/scale set web-w already .*another name/),
    },
    uncertain: false,
  });
  expect([await cluster.verbs.list(anHour()), subscription.cloud.machines.length]).toEqual([[], machines.length]);
  for (const vm of account.vms.all) account.vms.delete(vm);
  await cluster.verbs.release(anHour()).catch(() => undefined);
  expect(account.scaleSets.all.map(({ name, deletedAt }) => [name, deletedAt])).toEqual([["web-w", undefined]]);
});

test("a foreign machine with the scheduler's name stays untouched, and the error says what to do", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  await disowned(subscription);
  const cluster = await subscription.prepared({ name: "web" });
  const request = { ...cluster.request("scheduler", 1), userData: Buffer.from("#cloud-config\n{runcmd: []}\n") };
  expect(await cluster.verbs.create(request, anHour())).toMatchObject({
    machines: [],
    shortfall: { code: "CONFIG_INVALID", message: expect.stringContaining("Give the cluster another name") },
    uncertain: false,
  });
  expect(subscription.cloud.machines.map(({ tags }) => tags)).toEqual([SOMEBODYS, SOMEBODYS]);
});

test("resources of another cluster, or attached to a machine, are no strays", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const [lab, labWorkers] = [
    await subscription.prepared({ name: "lab" }),
    await subscription.prepared({ name: "lab-w" }),
  ];
  for (const cluster of [lab, labWorkers]) await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const { account } = subscription.cloud;
  for (const part of [...account.nics.all, ...account.publicAddresses.all, ...account.disks.all]) {
    Object.assign(part, { deletes: false });
  }
  const parts = (): readonly number[] =>
    [account.nics, account.publicAddresses, account.disks].map(({ all }) => all.length);
  const { verbs } = lab;
  expect((await verbs.resources(anHour())).map(({ kind }) => kind)).toEqual([
    "virtual machine",
    "security group",
    "application security group",
    "application security group",
    "virtual network",
  ]);
  await verbs.release(anHour()).catch(() => undefined);
  expect(parts()).toEqual([2, 2, 2]);
  await verbs.destroy(await verbs.list(anHour()), anHour());
  await until("the machine to go", () => subscription.cloud.machines.length === 1);
  await labWorkers.verbs.release(anHour()).catch(() => undefined);
  expect(parts()).toEqual([2, 2, 2]);
  await verbs.release(anHour());
  expect(parts()).toEqual([1, 1, 1]);
});

test("a list that still shows a removed resource is not polled for ever", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.prepared();
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const { account, calls } = subscription.cloud;
  for (const part of account.nics.all) Object.assign(part, { deletes: false });
  await cluster.verbs.destroy(await cluster.verbs.list(anHour()), anHour());
  await until("the machine to go", () => subscription.cloud.machines.length === 0);
  const [{ id, name, tags } = { id: "", name: "", tags: {} }] = account.nics.all;
  const stale = json(200, { value: [{ id, name, tags, location: "eastus", properties: {} }] });
  const end = subscription.instead(/^NetworkInterfaces_List$/, stale);
  const before = calls.count();
  await cluster.verbs.release(anHour());
  expect(calls.count() - before).toBeLessThan(100);
  end();
});

test.each<[string, (id: string) => AzureVMClusterOptions]>([
  ["network", (id) => ({ vnet: id })],
  ["subnet", (id) => ({ subnet: `${id}/subnets/default` })],
  ["security group", (id) => ({ securityGroup: id.replace(/virtualNetworks\/.*/, "networkSecurityGroups/lab-nsg") })],
])("a %s of another subscription is not confused with one of the same name here", async (_what, options) => {
  await using subscription = await TestSubscription.open(QUICK);
  const [network] = subscription.cloud.account.networks.all;
  const id = network?.id.replace(subscription.cloud.subscription, OTHER) ?? "";
  await expect(subscription.cluster({ ...FROM_HERE, ...options(id) }).start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/\/subscriptions\/0{8}.* is of another subscription than the cluster/),
  });
});

test("names are compared without case, and a subnet's id names its network", async () => {
  await using subscription = await TestSubscription.open({ ...QUICK, boot: "paper" });
  const { cloud } = subscription;
  const shared = cloud.account.networks.all.find(({ name }) => name === "shared-vnet");
  const [subnet] = shared?.subnets ?? [];
  const subnets: (string | undefined)[] = [];
  for (const options of [
    { vnet: "LAB-VNET", subnet: "Workers" },
    { vnet: "Shared-VNet", subnet: subnet?.id },
    { vnet: shared?.id.toUpperCase().replace(/^\/SUBSCRIPTIONS/, "/subscriptions"), subnet: subnet?.id },
  ]) {
    const cluster = await subscription.cluster({ ...FROM_HERE, ...options, security: false }).start();
    subnets.push(cloud.account.nics.all[0]?.subnet);
    await cluster.close();
  }
  expect(subnets).toEqual([expect.stringMatching(/lab-vnet\/subnets\/workers$/), subnet?.id, subnet?.id]);
});

test("a security group in another location is refused before anything is created", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const options = { location: "westeurope", securityGroup: "lab-nsg" };
  await expect(subscription.cluster({ ...FROM_HERE, ...options }).start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/security group lab-nsg is in eastus, but the cluster is to be in westeurope/),
  });
});
