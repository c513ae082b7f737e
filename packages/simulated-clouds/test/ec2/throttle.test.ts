import { expect, test } from "vitest";

import { Lab, refusal, statusOf } from "./lab.ts";

/** How many of so many calls in a row get through. */
async function through(count: number, call: () => Promise<unknown>): Promise<number> {
  const refusals = await Promise.all(Array.from({ length: count }, () => refusal(call())));
  for (const each of refusals) expect(["no refusal", "RequestLimitExceeded: Request limit exceeded."]).toContain(each);
  return refusals.filter((each) => each === "no refusal").length;
}

test("calls are throttled at the documented rates, per API", async () => {
  // Slow time: no bucket gets a token back within the test.
  await using lab = await Lab.open({ throttling: true, speed: 0.001 });
  const { ec2 } = lab;
  const byTag = { Filters: [{ Name: "tag:a", Values: ["b"] }] };
  expect(await through(60, () => ec2.describeInstances({}))).toBe(50);
  expect(await through(110, () => ec2.describeInstances(byTag))).toBe(100);
  expect(await through(110, () => ec2.describeVpcs({}))).toBe(100);
  expect(await statusOf(ec2.describeVpcs({}))).toBe(503);
  let made = 0;
  expect(await through(60, () => ec2.createSecurityGroup({ GroupName: `g${made++}`, Description: "g" }))).toBe(50);
  const request = await lab.request();
  expect(await through(8, () => ec2.runInstances(request))).toBe(5);
});

test("launches and terminations also cost a token per machine", async () => {
  await using lab = await Lab.open({ throttling: true, speed: 1 });
  const launch = async (count: number) => await lab.launch({ MinCount: count, MaxCount: count });
  const ids = [...(await launch(600)), ...(await launch(400))];
  expect(await refusal(launch(100))).toMatch(/^RequestLimitExceeded/u);
  await lab.ec2.terminateInstances({ InstanceIds: ids });
  expect(await refusal(lab.ec2.terminateInstances({ InstanceIds: ids }))).toMatch(/^RequestLimitExceeded/u);
  await lab.cloud.clock.sleep(300);
  expect(await refusal(lab.ec2.terminateInstances({ InstanceIds: ids.slice(0, 3) }))).toBe("no refusal");
});

test("tokens refill over time", async () => {
  await using lab = await Lab.open({ throttling: true, speed: 20 });
  const request = await lab.request({ InstanceType: "t3.nano" });
  expect(await through(60, () => lab.ec2.runInstances(request))).toBeLessThan(60);
  await lab.cloud.clock.sleep(3000);
  expect(await refusal(lab.ec2.runInstances(request))).toBe("no refusal");
});

test("without the option there is no limit, and the fault of that name looks the same", async () => {
  await using lab = await Lab.open();
  expect(await through(150, () => lab.ec2.describeVpcs({}))).toBe(150);
  lab.cloud.faults.onOperation("DescribeVpcs", "throttle");
  expect(await refusal(lab.ec2.describeVpcs({}))).toBe("RequestLimitExceeded: Request limit exceeded.");
  lab.cloud.faults.onOperation("DescribeVpcs", "error-before");
  expect(await refusal(lab.ec2.describeVpcs({}))).toBe("InternalError: An internal error has occurred");
});
