import { expect, test } from "vitest";

import { until } from "../../../../test/support/until.ts";
import { Lab, refusal, statusOf } from "./lab.ts";

test("a service control policy denies what the account allows, with an encoded message of kilobytes", async () => {
  await using lab = await Lab.open();
  lab.cloud.access.denyByOrganization("ec2:Run*");
  const denied = lab.ec2.runInstances(await lab.request());
  expect(await refusal(denied)).toMatch(
    /^UnauthorizedOperation: .* is not authorized to perform: ec2:RunInstances on resource: \* with an explicit deny in a service control policy\. Encoded authorization failure message: [\w-]{2000}$/u,
  );
  expect(await statusOf(denied)).toBe(403);
  expect(await statusOf(lab.ec2.describeVpcs({}))).toBe(200);
});

test("a policy can require tags on every resource of a call", async () => {
  await using lab = await Lab.open();
  lab.cloud.access.requiredTags = ["team"];
  const tagged = (...types: ("instance" | "volume" | "network-interface" | "security-group")[]) => ({
    TagSpecifications: types.map((ResourceType) => ({ ResourceType, Tags: [{ Key: "team", Value: "x" }] })),
  });
  const group = { GroupName: "g", Description: "g" };
  expect(await refusal(lab.ec2.createSecurityGroup(group))).toMatch(
    /ec2:CreateSecurityGroup on .*:security-group\/\*/u,
  );
  expect(await statusOf(lab.ec2.createSecurityGroup({ ...group, ...tagged("security-group") }))).toBe(200);
  const request = await lab.request();
  const some = lab.ec2.runInstances({ ...request, ...tagged("instance", "network-interface") });
  expect(await refusal(some)).toMatch(
    /ec2:RunInstances on .*:volume\/\* with an explicit deny in a service control policy/u,
  );
  const all = lab.ec2.runInstances({ ...request, ...tagged("instance", "volume", "network-interface") });
  expect(await statusOf(all)).toBe(200);
});

test.each([-1, 1])("a clock that is off by more than five minutes looks like wrong credentials (%i)", async (sign) => {
  await using lab = await Lab.open();
  lab.cloud.clockAheadMs = sign * 4 * 60_000;
  expect(await statusOf(lab.ec2.describeVpcs({}))).toBe(200);
  lab.cloud.clockAheadMs = sign * 6 * 60_000;
  // Without its correction.
  const fresh = lab.client({ disableClockSkewCorrection: true });
  expect(await refusal(fresh.describeVpcs({}))).toMatch(/^AuthFailure: AWS was not able to validate/u);
  expect(await statusOf(fresh.describeVpcs({}))).toBe(401);
  fresh.destroy();
});

test("the first spot machine needs a role, which the caller must be allowed to create", async () => {
  await using lab = await Lab.open({ spotRole: false });
  lab.cloud.access.deny("iam:CreateServiceLinkedRole");
  const spot = await lab.request({ InstanceMarketOptions: { MarketType: "spot" } });
  const denied = lab.ec2.runInstances(spot);
  expect(await refusal(denied)).toMatch(/^AuthFailure\.ServiceLinkedRoleCreationNotPermitted: /u);
  expect(await statusOf(denied)).toBe(403);
  expect(await statusOf(lab.ec2.runInstances(await lab.request()))).toBe(200);
  lab.cloud.access.deny();
  expect(await statusOf(lab.ec2.runInstances(spot))).toBe(200);
  // It stays.
  lab.cloud.access.deny("iam:CreateServiceLinkedRole");
  expect(await statusOf(lab.ec2.runInstances(spot))).toBe(200);
});

test("a machine can go from pending to terminated, with a reason", async () => {
  await using lab = await Lab.open({ terminatedShownMs: 1e9 });
  lab.cloud.launchFailure = { code: "Client.InternalError", message: "Client.InternalError: Client error on launch" };
  const { Instances: [made] = [] } = await lab.ec2.runInstances(await lab.request());
  expect(made?.State?.Name).toBe("pending");
  const id = made?.InstanceId ?? "";
  await until("its end", async () => (await lab.states([id]))[0] === "terminated");
  const { Reservations: [seen] = [] } = await lab.ec2.describeInstances({ InstanceIds: [id] });
  expect(seen?.Instances?.[0]?.StateReason?.Code).toBe("Client.InternalError");
});

test("a new instance profile is known a while later", async () => {
  await using lab = await Lab.open({ listLagMs: 500_000 });
  lab.cloud.addInstanceProfile("fresh");
  const request = await lab.request({ IamInstanceProfile: { Name: "fresh" } });
  expect(await refusal(lab.ec2.runInstances(request))).toMatch(
    /^InvalidParameterValue: .*Invalid IAM Instance Profile name/u,
  );
  await until("the profile", async () => (await statusOf(lab.ec2.runInstances(request))) === 200);
});

test("an interface holds its group until it is detached", async () => {
  await using lab = await Lab.open({ detachMs: 300_000, terminatedShownMs: 1e9 });
  const { GroupId = "" } = await lab.ec2.createSecurityGroup({ GroupName: "g", Description: "g" });
  const ids = await lab.launch({ SecurityGroupIds: [GroupId] });
  await lab.ec2.terminateInstances({ InstanceIds: ids });
  await until("its end", async () => (await lab.states(ids))[0] === "terminated");
  expect(await refusal(lab.ec2.deleteSecurityGroup({ GroupId }))).toMatch(/^DependencyViolation: /u);
  await until("the group's end", async () => (await statusOf(lab.ec2.deleteSecurityGroup({ GroupId }))) === 200);
});

test("valid credentials are refused at random, and any refusal can be scheduled", async () => {
  await using lab = await Lab.open();
  lab.cloud.access.randomRefusals = 1;
  expect(await refusal(lab.ec2.describeVpcs({}))).toMatch(/^AuthFailure: /u);
  lab.cloud.access.refuseNext("DescribeVpcs", "SomethingNew", "never heard of", 409);
  expect(await refusal(lab.ec2.describeVpcs({}))).toBe("SomethingNew: never heard of");
  expect(await statusOf(lab.ec2.describeVpcs({}))).toBe(200);
});
