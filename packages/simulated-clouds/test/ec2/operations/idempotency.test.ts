import { expect, test } from "vitest";

import { Lab, refusal } from "../lab.ts";

test("a token with equal parameters returns the same machines, in their current state", async () => {
  await using lab = await Lab.open();
  const request = await lab.request({ MinCount: 2, MaxCount: 2, ClientToken: "t" });
  const first = await lab.ec2.runInstances(request);
  await lab.cloud.clock.sleep(9000);
  const second = await lab.ec2.runInstances(request);
  const ids = first.Instances?.map(({ InstanceId }) => InstanceId);
  expect(second.Instances?.map(({ InstanceId, State }) => [InstanceId, State?.Name])).toEqual(
    ids?.map((id) => [id, "running"]),
  );
  expect(second.ReservationId).toBe(first.ReservationId);
  expect(lab.cloud.machines).toHaveLength(2);
});

test("a token with other parameters is an error", async () => {
  await using lab = await Lab.open();
  const request = await lab.request({ ClientToken: "t" });
  await lab.ec2.runInstances(request);
  for (const other of [{ InstanceType: "t3.large" as const }, { MaxCount: 2 }, { UserData: "" }]) {
    expect(await refusal(lab.ec2.runInstances({ ...request, ...other }))).toMatch(
      /^IdempotentParameterMismatch: Arguments/u,
    );
  }
  expect(lab.cloud.machines).toHaveLength(1);
});

test("a token of a terminated machine is used up", async () => {
  await using lab = await Lab.open({ stoppingMs: 1_000_000, terminatedShownMs: 60_000 });
  const request = await lab.request({ ClientToken: "t" });
  const { Instances: [instance] = [] } = await lab.ec2.runInstances(request);
  await lab.ec2.terminateInstances({ InstanceIds: [instance?.InstanceId ?? ""] });
  expect(await refusal(lab.ec2.runInstances(request))).toBe("no refusal");
  await lab.cloud.clock.sleep(1_001_000);
  expect(await refusal(lab.ec2.runInstances(request))).toMatch(/^IdempotentInstanceTerminated: The client token/u);
  await lab.cloud.clock.sleep(70_000);
  expect(await refusal(lab.ec2.runInstances(request))).toMatch(/^IdempotentInstanceTerminated/u);
});

test("a token is scoped to its zone if the request names one", async () => {
  await using lab = await Lab.open();
  const request = await lab.request({ ClientToken: "t" });
  const inZone = (zone: string) => lab.ec2.runInstances({ ...request, Placement: { AvailabilityZone: zone } });
  await inZone("us-east-1a");
  await inZone("us-east-1b");
  await inZone("us-east-1b");
  expect(lab.cloud.machines.map(({ zone }) => zone)).toEqual(["us-east-1a", "us-east-1b"]);
});

test("a token of a failed launch can be reused, and each client call has its own", async () => {
  await using lab = await Lab.open({ capacity: [{ instances: 0 }] });
  const request = await lab.request({ ClientToken: "t" });
  expect(await refusal(lab.ec2.runInstances(request))).toMatch(/^InsufficientInstanceCapacity/u);
  lab.cloud.capacity = [];
  await lab.ec2.runInstances(request);
  await lab.launch();
  await lab.launch();
  expect(lab.cloud.machines).toHaveLength(3);
});

test("a lost reply creates no second machine: the SDK resends the token", async () => {
  await using lab = await Lab.open();
  const persistent = lab.client({ maxAttempts: 3 });
  const request = await lab.request();
  lab.cloud.faults.onOperation("RunInstances", "lost-reply");
  const { Instances } = await persistent.runInstances(request);
  persistent.destroy();
  expect(lab.cloud.calls.count("RunInstances")).toBe(2);
  expect(lab.cloud.machines.map(({ id }) => id)).toEqual(Instances?.map(({ InstanceId }) => InstanceId));
});
