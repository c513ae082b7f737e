import { expect, test } from "vitest";

import { Lab, refusal, statusOf } from "../lab.ts";

test("unknown or expired credentials and a region not opted in are refused", async () => {
  await using lab = await Lab.open();
  lab.cloud.access.credentials = "unknown";
  expect(await refusal(lab.ec2.describeVpcs({}))).toBe(
    "AuthFailure: AWS was not able to validate the provided access credentials",
  );
  expect(await statusOf(lab.ec2.describeVpcs({}))).toBe(401);
  lab.cloud.access.credentials = "expired";
  expect(await refusal(lab.ec2.describeVpcs({}))).toBe("RequestExpired: Request has expired.");
  lab.cloud.access.credentials = "valid";
  lab.cloud.access.notOptedIn = true;
  expect(await refusal(lab.ec2.describeVpcs({}))).toMatch(/^OptInRequired: You are not subscribed/u);
});

test("a policy allows actions, including those that a call implies", async () => {
  await using lab = await Lab.open();
  const request = await lab.request();
  const Tags = [{ Key: "a", Value: "b" }];
  lab.cloud.access.allowOnly("ec2:Describe*", "ec2:RunInstances");
  await lab.ec2.runInstances(request);
  const tagged = { ...request, TagSpecifications: [{ ResourceType: "instance" as const, Tags }] };
  expect(await refusal(lab.ec2.runInstances(tagged))).toMatch(
    /^UnauthorizedOperation: You are not authorized to perform this operation\. .*ec2:CreateTags/u,
  );
  const withProfile = { ...request, IamInstanceProfile: { Name: "dask-profile" } };
  expect(await refusal(lab.ec2.runInstances(withProfile))).toMatch(/iam:PassRole/u);
  expect(await statusOf(lab.ec2.terminateInstances({ InstanceIds: [lab.cloud.machines[0]?.id ?? ""] }))).toBe(403);
  lab.cloud.access.deny("ec2:RunInstances");
  expect(await refusal(lab.ec2.runInstances(request))).toMatch(/explicit deny/u);
  expect(lab.cloud.access.used).toEqual([
    "ec2:CreateTags",
    "ec2:DescribeImages",
    "ec2:RunInstances",
    "ec2:TerminateInstances",
    "iam:PassRole",
  ]);
});

test("environment variables alone point the SDK here", async () => {
  await using lab = await Lab.open();
  const { EC2 } = await import("@aws-sdk/client-ec2");
  const { vi } = await import("vitest");
  for (const [name, value] of Object.entries(lab.cloud.environment())) vi.stubEnv(name, value);
  const ec2 = new EC2({});
  expect((await ec2.describeRegions({})).Regions).not.toEqual([]);
  ec2.destroy();
});
