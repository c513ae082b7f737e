import { expect, test } from "vitest";

import { AzureVMCluster, type AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import type { MachineRequest } from "../../../src/provider/machine.ts";
import { clusterTags } from "../../../src/provider/tags.ts";
import type { WorkerGroup } from "../../../src/provider/worker-group.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { anHour, FROM_HERE, type OpenCluster, TestSubscription } from "./subscription.ts";

isolatedState();

const QUICK = { listLagMs: 0, stoppingMs: 0, boot: "paper" } as const;
const PLAIN: AzureVMClusterOptions = { ...FROM_HERE, security: false };
const GPU = "Standard_NC4as_T4_v3";
const BIG = "Standard_E8s_v5";

const THREE: AzureVMClusterOptions = {
  ...PLAIN,
  name: "lab",
  tags: { team: "data" },
  workers: {
    cpu: { count: 2, instanceType: ["Standard_D4s_v5", "Standard_D2as_v5"], zones: ["2"] },
    gpu: {
      count: 1,
      maximum: 2,
      vmSize: GPU,
      spot: true,
      diskSize: 128,
      resources: { GPU: 1 },
      tags: { kind: "gpu" },
      vmImage: { offer: "ubuntu-24_04-lts" },
    },
    big: { count: 1, instanceType: BIG, vmTags: { kind: "memory" } },
  },
};

/** `2 Standard_NC4as_T4_v3 lab-ws-gpu`, sorted. */
function kinds({ cloud }: TestSubscription): readonly string[] {
  const workers = cloud.machines.filter(({ on, scaleSet }) => on && scaleSet !== undefined);
  const named = workers.map(({ vmSize, scaleSet }) => `${vmSize} ${scaleSet}`);
  return [...Map.groupBy(named, (name) => name)].map(([name, all]) => `${all.length} ${name}`).toSorted();
}

function groupNamed(name: string, options: WorkerGroup["options"] = {}): WorkerGroup {
  return { name, size: 0, minimum: 0, quorum: 0, options };
}

function workersOf(cluster: OpenCluster, group: WorkerGroup): MachineRequest {
  const tags = clusterTags({ name: cluster.name, id: cluster.id }, "worker", undefined, group.name);
  return { ...cluster.request("worker", 1), group, tags };
}

test("each group's machines are of its own size, image, disk, market, zone and tags", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.cluster(THREE).start();
  const { account } = subscription.cloud;
  const seen = account.vms.all
    .filter(({ plan }) => plan.scaleSet !== undefined)
    .map(({ plan: { scaleSet = "", size, image, disk, spot, zone, tags } }) => {
      const { creator: _1, "cluster-id": _2, "cluster-name": _3, ...own } = tags;
      return [scaleSet.split("/").at(-1), size.name, image.label.split(":")[1], disk.sizeGb, spot, zone, own];
    });
  const cpu = ["lab-w2-cpu", "Standard_D4s_v5", "ubuntu-26_04-lts", 64, false, "2"];
  const ofData = { role: "worker", team: "data" };
  expect(seen.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual([
    ["lab-w-big", BIG, "ubuntu-26_04-lts", 64, false, undefined, { ...ofData, kind: "memory", "worker-group": "big" }],
    [...cpu, { ...ofData, "worker-group": "cpu" }],
    [...cpu, { ...ofData, "worker-group": "cpu" }],
    ["lab-ws-gpu", GPU, "ubuntu-24_04-lts", 128, true, undefined, { ...ofData, kind: "gpu", "worker-group": "gpu" }],
  ]);
  const gpus = ["gpu", "cpu", "big"].map((name) => cluster.verbs.nodeExtras("worker", { group: groupNamed(name) }).gpu);
  expect([cluster.verbs.nodeExtras("scheduler").gpu, ...gpus]).toEqual([false, true, false, false]);
  await cluster.scale({ gpu: 2 });
  expect(kinds(subscription)).toContain(`2 ${GPU} lab-ws-gpu`);
  await cluster.close();
  expect(subscription.cloud.leftovers("lab")).toEqual([]);
  expect(subscription.cloud.violations).toEqual([]);
});

test("a machine that is lost is replaced by one of its own kind", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const cluster = await subscription.cluster({ ...THREE, lostWorkerTimeoutMs: 200 }).start();
  const before = kinds(subscription);
  const lost = subscription.cloud.machines.find(({ scaleSet }) => scaleSet === "lab-w-big")?.id ?? "";
  subscription.cloud.kill(lost);
  await until("another one", () => {
    const { machines } = subscription.cloud;
    return !machines.some(({ id, on }) => id === lost && on) && kinds(subscription).join() === before.join();
  });
  await cluster.waitForWorkers(4);
  expect(kinds(subscription)).toEqual(before);
  await cluster.close();
});

test("a group falls back to its next size, in a scale set of its own", async () => {
  await using subscription = await TestSubscription.open({
    ...QUICK,
    capacity: [{ vmSize: "Standard_D4s_v5", machines: 1 }],
  });
  const cluster = await subscription.cluster(THREE).start();
  expect(kinds(subscription).filter((kind) => kind.includes("cpu"))).toEqual([
    "1 Standard_D2as_v5 lab-w2-2-cpu",
    "1 Standard_D4s_v5 lab-w2-cpu",
  ]);
  await cluster.close();
  expect(subscription.cloud.leftovers("lab")).toEqual([]);
});

test("a group without capacity or quota does not keep the others from starting, and the start says so", async () => {
  await using subscription = await TestSubscription.open({
    ...QUICK,
    capacity: [{ vmSize: GPU, machines: 0 }],
    quotas: { family: { standardESv5Family: 4 } },
  });
  const told: ProgressEvent[] = [];
  const cluster = subscription.cluster({
    ...PLAIN,
    startTimeoutMs: patient(4000),
    workers: {
      cpu: { count: 2 },
      gpu: { count: 1, minWorkers: 0, instanceType: GPU },
      big: { count: 1, minWorkers: 0, instanceType: BIG },
    },
  });
  cluster.onProgress((event) => told.push(event));
  await cluster.start();
  expect(kinds(subscription)).toEqual([`2 Standard_D2s_v5 ${cluster.name}-w-cpu`]);
  const warnings = told.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  expect(warnings).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Group gpu: 0 of 1 machines: [^]*AllocationFailed/),
      expect.stringMatching(/^Group big: 0 of 1 machines: [^]*standardESv5Family/),
      expect.stringMatching(/^Only 0 of 1 gpu workers have joined/),
      expect.stringMatching(/^Only 0 of 1 big workers have joined/),
    ]),
  );
  subscription.cloud.account.capacity = [];
  await until("the GPU machine", () => kinds(subscription).length === 2);
  await cluster.close();
});

test("another process creates a group's own kind, and removes all groups", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const first = await subscription.cluster(THREE).start();
  await first.scale({ gpu: 0 });
  await first.detach();
  const second = await AzureVMCluster.attach("lab");
  await second.scale({ gpu: 1, cpu: 3 });
  expect(kinds(subscription)).toEqual([`1 ${BIG} lab-w-big`, `1 ${GPU} lab-ws-gpu`, "3 Standard_D4s_v5 lab-w2-cpu"]);
  const [summary] = await AzureVMCluster.list(FROM_HERE);
  const groups = summary?.machines.flatMap(({ group }) => group ?? []) ?? [];
  expect(groups.toSorted()).toEqual(["big", "cpu", "cpu", "cpu", "gpu"]);
  await second.detach();
  await AzureVMCluster.remove("lab", FROM_HERE);
  expect(subscription.cloud.leftovers("lab")).toEqual([]);
});

test("a scale set of an older version, without a group, grows for `default` and is removed", async () => {
  await using subscription = await TestSubscription.open({ listLagMs: 0, stoppingMs: 0 });
  const old = await subscription.prepared({ name: "lab" });
  await old.verbs.create(old.request("worker", 2), anHour());
  const now = subscription.cluster({ ...FROM_HERE, name: "lab" }).as(old);
  for (const group of [groupNamed("default"), groupNamed("gpu", { workerInstanceType: GPU })]) {
    await now.verbs.create(workersOf(old, group), anHour());
  }
  expect(kinds(subscription)).toEqual([`1 ${GPU} lab-w-gpu`, "3 Standard_D2s_v5 lab-w"]);
  const listed = await now.verbs.list(anHour());
  expect(listed.map((machine) => machine.group ?? "default").toSorted()).toEqual([
    "default",
    "default",
    "default",
    "gpu",
  ]);
  await now.verbs.destroy(listed, anHour());
  await until("all to go", () => subscription.cloud.machines.length === 0);
  await now.verbs.release(anHour());
  expect(subscription.cloud.leftovers("lab")).toEqual([]);
});

test("an image and its plan belong together: a group that names one does not inherit the other", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const marketplacePlan = { name: "ngc-base-version-23_03_0_gen2", publisher: "nvidia", product: "ngc_azure_17_11" };
  const cluster = await subscription
    .cluster({
      ...PLAIN,
      marketplacePlan,
      workers: {
        sold: { count: 1 },
        plain: { count: 1, vmImage: { offer: "ubuntu-24_04-lts" } },
        arm: { count: 1, instanceType: "Standard_D2ps_v5", vmImage: {} },
      },
    })
    .start();
  const images = subscription.cloud.machines.map(({ scaleSet = "-scheduler", image }) => [
    scaleSet.split("-").at(-1),
    image.split(":").slice(1, 3).join(":"),
  ]);
  expect(Object.fromEntries(images)).toEqual({
    scheduler: "ngc_azure_17_11:ngc-base-version-23_03_0_gen2",
    sold: "ngc_azure_17_11:ngc-base-version-23_03_0_gen2",
    plain: "ubuntu-24_04-lts:server",
    arm: "ubuntu-26_04-lts:server-arm64",
  });
  await cluster.close();
});

test("only a group's machines have its identity, and delete themselves with it", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const [managedIdentity = ""] = subscription.cloud.account.identities;
  const cluster = await subscription
    .cluster({ ...PLAIN, workers: { data: { count: 1, managedIdentity }, plain: { count: 1 } } })
    .start();
  const identities = subscription.cloud.machines.map(({ scaleSet = "-scheduler", identities: { length } }) => [
    scaleSet.split("-").at(-1),
    length,
  ]);
  expect(Object.fromEntries(identities)).toEqual({ scheduler: 0, data: 1, plain: 0 });
  const { verbs } = cluster;
  const ends = ["data", "plain"].map((name) => {
    const options = name === "data" ? { managedIdentity } : {};
    return verbs.nodeExtras("worker", { group: groupNamed(name, options) }).endScript;
  });
  expect(ends).toEqual(["azure-delete-self.sh", undefined]);
  await cluster.close();
});

test("a group uses the cluster's zones that have its size", async () => {
  await using subscription = await TestSubscription.open(QUICK);
  const size = "Standard_NC24ads_A100_v4";
  const cluster = await subscription
    .cluster({ ...PLAIN, name: "lab", zones: ["3", "2", "1"], workers: { gpu: { count: 1, instanceType: size } } })
    .start();
  expect(kinds(subscription)).toEqual([`1 ${size} lab-w1-gpu`]);
  await cluster.close();
});

test.each<[string, AzureVMClusterOptions, RegExp]>([
  [
    "a size that does not exist",
    { workers: { cpu: {}, gpu: { instanceType: "Standard_Z99" } } },
    /^Worker group gpu: The location eastus does not have machines of the size Standard_Z99\.$/,
  ],
  [
    "sizes of which only some have GPUs",
    { workers: { gpu: { instanceType: [GPU, "Standard_D2s_v5"] } } },
    /^Worker group gpu: All sizes of a gpu worker must be alike, but .*T4_v3 has NVIDIA GPUs, .*D2s_v5 has no NVIDIA GPUs/,
  ],
  [
    "a zone of its own without its size",
    { workers: { gpu: { instanceType: "Standard_NC24ads_A100_v4", zones: ["1", "2"] } } },
    /^Worker group gpu: The zone 2 of eastus has no machines of the size .*A100_v4\. .* the zones 1\.$/,
  ],
  [
    "none of the cluster's zones with its size",
    { zones: ["2", "3"], workers: { gpu: { instanceType: "Standard_NC24ads_A100_v4" } } },
    /^Worker group gpu: The zones 2, 3 of eastus have no machines of the size .*A100_v4\. .* the zones 1\.$/,
  ],
  [
    "spot machines of a size without them",
    { workers: { slow: { instanceType: "Standard_B2s", spot: true } } },
    /^Worker group slow: The size Standard_B2s has no spot machines/,
  ],
  [
    "an image of another architecture",
    { workers: { arm: { instanceType: "Standard_D2ps_v5", vmImage: { sku: "server" } } } },
    /^Worker group arm: The image .* is for x64, but the size Standard_D2ps_v5 is Arm64/,
  ],
  [
    "a name that the SDK would drop",
    { workers: { gpu: { extraVmOptions: { securityProfile: { encryptAtHost: true } } } } },
    /takes no securityProfile\.encryptAtHost \(the `workers\.gpu\.extraVmOptions` option\)/,
  ],
])("a group is refused with %s, and nothing is made", async (_what, options, message) => {
  await using subscription = await TestSubscription.open(QUICK);
  const { cloud } = subscription;
  const cluster = subscription.cluster({ ...PLAIN, ...options });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(message),
  });
  expect(cloud.calls.operations().filter((operation) => /Create|Update|Delete/.test(operation))).toEqual([]);
});
