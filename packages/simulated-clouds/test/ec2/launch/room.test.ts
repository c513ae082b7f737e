import { expect, test } from "vitest";

import { Lab, refusal, statusOf } from "../lab.ts";

const spot = { InstanceMarketOptions: { MarketType: "spot" as const } };
const inZone = (zone: string) => ({ Placement: { AvailabilityZone: zone } });

test("a zone without capacity refuses with a server error and names zones with capacity", async () => {
  await using lab = await Lab.open({ capacity: [{ zone: "us-east-1a", instanceType: "t3.small", instances: 0 }] });
  const request = await lab.request(inZone("us-east-1a"));
  expect(await statusOf(lab.ec2.runInstances(request))).toBe(500);
  expect(await refusal(lab.ec2.runInstances(request))).toMatch(
    /^InsufficientInstanceCapacity: We currently do not have sufficient t3.small capacity in the Availability Zone you requested \(us-east-1a\).*choosing us-east-1b, us-east-1c/u,
  );
  await lab.launch(inZone("us-east-1b"));
  await lab.launch({ ...inZone("us-east-1a"), InstanceType: "t3.large" });
  await lab.launch();
  expect(lab.cloud.machines.map(({ zone }) => zone).filter((zone) => zone === "us-east-1a")).toHaveLength(1);
});

test("MinCount decides whether a request is filled in part", async () => {
  await using lab = await Lab.open({ capacity: [{ zone: "us-east-1a", instances: 3 }], stoppingMs: 1_000_000 });
  const here = inZone("us-east-1a");
  expect(await refusal(lab.launch({ ...here, MinCount: 4, MaxCount: 8 }))).toMatch(/^InsufficientInstanceCapacity/u);
  expect(await lab.launch({ ...here, MinCount: 2, MaxCount: 8 })).toHaveLength(3);
  const [id = ""] = lab.cloud.machines.map((machine) => machine.id);
  await lab.ec2.terminateInstances({ InstanceIds: [id] });
  expect(await refusal(lab.launch(here))).toMatch(/^InsufficientInstanceCapacity/u);
  await lab.cloud.clock.sleep(1_001_000);
  expect(await lab.launch({ ...here, MinCount: 1, MaxCount: 8 })).toHaveLength(1);
});

test("a request never spans zones", async () => {
  await using lab = await Lab.open({
    capacity: ["a", "b", "c", "d", "f"].map((letter) => ({
      zone: `us-east-1${letter}`,
      instances: letter === "c" ? 4 : 2,
    })),
  });
  expect(await refusal(lab.launch({ MinCount: 5, MaxCount: 5 }))).toMatch(
    /^InsufficientInstanceCapacity: .*zones with support/u,
  );
  expect(await lab.launch({ MinCount: 1, MaxCount: 5 })).toHaveLength(4);
  expect(new Set(lab.cloud.machines.map(({ zone }) => zone))).toEqual(new Set(["us-east-1c"]));
});

test("spot has its own capacity", async () => {
  await using lab = await Lab.open({ capacity: [{ market: "spot", instances: 1 }] });
  expect(await lab.launch({ ...spot, MaxCount: 2 })).toHaveLength(1);
  expect(await refusal(lab.launch(spot))).toBe(
    "InsufficientInstanceCapacity: There is no Spot capacity available that matches your request.",
  );
  expect(await lab.launch({ MaxCount: 2 })).toHaveLength(2);
  expect(lab.cloud.machines.map((machine) => machine.spot)).toEqual([true, false, false]);
});

test("quotas are the account's: virtual CPUs by family, and instances of a type", async () => {
  await using lab = await Lab.open({ quotas: { vcpus: { standard: 5, g: 0 }, instances: { "t3.micro": 1 } } });
  expect(await lab.launch({ MaxCount: 10 })).toHaveLength(2);
  expect(await refusal(lab.launch())).toMatch(/^VcpuLimitExceeded: .*your current vCPU limit of 5 allows/u);
  expect(await refusal(lab.launch({ InstanceType: "g4dn.xlarge" }))).toMatch(/^VcpuLimitExceeded: .*limit of 0/u);
  await lab.launch({ ...spot, InstanceType: "g4dn.xlarge" });
  lab.cloud.quotas = { instances: { "t3.micro": 1 }, spotVcpus: { standard: 2 }, refuseWhole: true };
  await lab.launch({ InstanceType: "t3.micro" });
  expect(await refusal(lab.launch({ InstanceType: "t3.micro" }))).toMatch(/^InstanceLimitExceeded: .*limit of 1/u);
  expect(await refusal(lab.launch({ ...spot, MaxCount: 2 }))).toMatch(/^MaxSpotInstanceCountExceeded/u);
  expect(await statusOf(lab.launch({ ...spot, MaxCount: 2 }))).toBe(400);
});

test("a subnet has only so many addresses", async () => {
  await using lab = await Lab.open();
  const {
    subnetIds: [SubnetId = ""],
  } = lab.cloud.addVpc({ subnets: [{ zone: "us-east-1a" }] });
  expect(await lab.launch({ SubnetId, MinCount: 1015, MaxCount: 1015 })).toHaveLength(1015);
  expect(await refusal(lab.launch({ SubnetId, MinCount: 5, MaxCount: 5 }))).toMatch(
    /^InsufficientFreeAddressesInSubnet/u,
  );
  expect(await lab.launch({ SubnetId, MinCount: 1, MaxCount: 5 })).toHaveLength(4);
});
