import { expect, test } from "vitest";

import { AzureVMCluster, type AzureVMClusterOptions } from "../../../providers/azure/index.ts";
import { findingsOf } from "../../support/doctor.ts";
import { isolatedState } from "../../support/local-state.ts";
import { FROM_HERE, TestSubscription } from "./subscription.ts";

isolatedState();

const GPU = "Standard_NC4as_T4_v3";
const GROUPS: AzureVMClusterOptions = {
  ...FROM_HERE,
  name: "lab",
  security: false,
  workers: {
    cpu: { count: 3, instanceType: ["Standard_D4s_v5", "Standard_D2as_v5"] },
    gpu: { count: 2, instanceType: GPU, spot: true, diskSize: 128 },
    big: { maximum: 1, instanceType: "Standard_E8s_v5", zones: ["1"] },
  },
};

test("a plan has a line and a scale set for each group, from what the create calls say", async () => {
  await using subscription = await TestSubscription.open();
  const { machines, resources, calls } = await subscription.cluster(GROUPS).plan();
  expect(subscription.cloud.calls.operations()).toEqual([]);
  expect(
    machines.map(({ group, count, name, types, markets, diskGiB, gpu }) => [
      group,
      count,
      name,
      types.join(),
      markets.join(),
      diskGiB,
      gpu,
    ]),
  ).toEqual([
    [undefined, 1, "lab-scheduler", "Standard_D2s_v5", "on-demand", 64, undefined],
    ["cpu", 3, "lab-w-cpu_*", "Standard_D4s_v5,Standard_D2as_v5", "on-demand", 64, undefined],
    ["gpu", 2, "lab-ws-gpu_*", GPU, "spot", 128, "NVIDIA, of the size"],
    ["big", 0, "lab-w1-big_*", "Standard_E8s_v5", "on-demand", 64, undefined],
  ]);
  const named = (kind: string): unknown =>
    resources.flatMap((each) => (each.kind === kind ? [[each.name, each.count]] : []));
  expect(named("scale set")).toEqual([
    ["lab-w-cpu", 1],
    ["lab-ws-gpu", 1],
  ]);
  // Interfaces of all groups have one pattern, and are counted together.
  expect(named("network interface")).toEqual([
    ["lab-scheduler-interface*", 1],
    ["lab-worker-interface*", 5],
  ]);
  const creations = calls?.start.filter(({ name }) => name === "VirtualMachineScaleSets_CreateOrUpdate") ?? [];
  expect(creations.reduce((sum, { least }) => sum + least, 0)).toBe(2);
});

test("a look finds the image of each group's size", async () => {
  await using subscription = await TestSubscription.open();
  const workers = { ...GROUPS.workers, arm: { count: 1, instanceType: "Standard_D2ps_v5" } };
  const { machines } = await subscription.cluster({ ...GROUPS, workers }).plan({ look: true });
  expect(machines.map(({ image }) => image?.split(":")[2])).toEqual([
    "server",
    "server",
    "server",
    "server",
    "server-arm64",
  ]);
  // Once for all sizes, and once for each image.
  const { calls } = subscription.cloud;
  expect([calls.count("ResourceSkus_List"), calls.count("VirtualMachineImages_Get")]).toEqual([1, 2]);
});

test("the doctor adds up the cores of each family, and names the group of a mistake", async () => {
  const quotas = { vcpus: 24, spotVcpus: 8, family: { standardDSv5Family: 14, standardESv5Family: 7 } };
  await using subscription = await TestSubscription.open({ quotas });
  const findings = await findingsOf(AzureVMCluster.doctor(GROUPS));
  // The scheduler's two and twelve of `cpu`; one machine of `big`; `gpu` has spot machines.
  expect(findings.get("quota")).toMatchObject({
    state: "bad",
    found: "standardESv5Family vCPUs: 0 of 7 used, 8 needed",
  });
  subscription.cloud.account.quotas = { ...quotas, family: { standardDSv5Family: 13 } };
  expect((await findingsOf(AzureVMCluster.doctor(GROUPS))).get("quota")?.found).toBe(
    "standardDSv5Family vCPUs: 0 of 13 used, 14 needed",
  );
  const workers = { gpu: { instanceType: "Standard_Z99" } };
  const mistaken = await findingsOf(AzureVMCluster.doctor({ ...GROUPS, workers }));
  expect(mistaken.get("machines")).toMatchObject({
    state: "bad",
    remedy: expect.stringMatching(/^Worker group gpu: The location eastus does not have machines of the size/),
  });
});
