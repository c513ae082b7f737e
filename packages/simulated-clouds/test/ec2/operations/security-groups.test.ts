import { expect, test } from "vitest";

import { Lab, refusal } from "../lab.ts";

async function group(lab: Lab, name = "workers"): Promise<string> {
  const { GroupId } = await lab.ec2.createSecurityGroup({ GroupName: name, Description: "for a test" });
  return GroupId ?? "";
}

const tcp = (port: number, cidr: string) => ({
  IpProtocol: "tcp",
  FromPort: port,
  ToPort: port,
  IpRanges: [{ CidrIp: cidr, Description: "launcher" }],
});

test("a group is created with its tags and an allow-all egress rule", async () => {
  await using lab = await Lab.open();
  const made = await lab.ec2.createSecurityGroup({
    GroupName: "dask-x",
    Description: "Dask (x) #1",
    TagSpecifications: [{ ResourceType: "security-group", Tags: [{ Key: "cluster-name", Value: "x" }] }],
  });
  expect(made).toMatchObject({
    GroupId: expect.stringMatching(/^sg-[0-9a-f]{17}$/u),
    Tags: [{ Key: "cluster-name", Value: "x" }],
  });
  const { SecurityGroups = [] } = await lab.ec2.describeSecurityGroups({
    Filters: [{ Name: "tag:cluster-name", Values: ["x"] }],
  });
  expect(SecurityGroups).toMatchObject([
    {
      GroupName: "dask-x",
      Description: "Dask (x) #1",
      IpPermissions: [],
      IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
    },
  ]);
  expect(lab.cloud.leftovers("x")).toEqual([{ kind: "security group", id: made.GroupId }]);
});

test("names and descriptions have limits of characters and length", async () => {
  await using lab = await Lab.open();
  await group(lab);
  const create = (GroupName: string, Description = "x") =>
    refusal(lab.ec2.createSecurityGroup({ GroupName, Description }));
  expect(await create("workers")).toMatch(
    /^InvalidGroup.Duplicate: The security group 'workers' already exists for VPC/u,
  );
  expect(await create("default")).toMatch(/^InvalidGroup.Reserved/u);
  expect(await create("sg-x")).toMatch(/^InvalidParameterValue/u);
  expect(await create("x".repeat(256))).toMatch(/^InvalidParameterValue/u);
  expect(await create("naïve")).toMatch(/^InvalidParameterValue/u);
  expect(await create("")).toMatch(/^MissingParameter/u);
  expect(await create("a", "it's")).toMatch(/^InvalidParameterValue: .*Character sets beyond ASCII are not supported/u);
  expect(await create("a", "x".repeat(256))).toMatch(/^InvalidParameterValue/u);
  expect(await create("a", "")).toMatch(/^MissingParameter/u);
  expect(await create("x".repeat(255), "._-:/()#,@[]+=&;{}!$*")).toBe("no refusal");
});

test("rules by range, by group and for members are all stored and listed", async () => {
  await using lab = await Lab.open();
  const [GroupId, other] = [await group(lab), await group(lab, "other")];
  const { SecurityGroupRules: rules = [] } = await lab.ec2.authorizeSecurityGroupIngress({
    GroupId,
    IpPermissions: [
      tcp(8786, "100.68.0.18/18"),
      tcp(8788, "1.2.3.4/32"),
      { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId, Description: "members" }] },
      {
        IpProtocol: "tcp",
        FromPort: 0,
        ToPort: 65_535,
        UserIdGroupPairs: [{ GroupId: other }],
        Ipv6Ranges: [{ CidrIpv6: "fd00::/8" }],
      },
    ],
    TagSpecifications: [{ ResourceType: "security-group-rule", Tags: [{ Key: "a", Value: "b" }] }],
  });
  expect(
    rules.map(({ CidrIpv4, CidrIpv6, ReferencedGroupInfo }) => CidrIpv4 ?? CidrIpv6 ?? ReferencedGroupInfo?.GroupId),
  ).toEqual(["100.68.0.0/18", "1.2.3.4/32", GroupId, "fd00::/8", other]);
  const { SecurityGroups: [shown] = [] } = await lab.ec2.describeSecurityGroups({ GroupIds: [GroupId] });
  expect(shown?.IpPermissions?.map(({ IpProtocol, FromPort, ToPort }) => [IpProtocol, FromPort, ToPort])).toEqual([
    ["tcp", 8786, 8786],
    ["tcp", 8788, 8788],
    ["-1", undefined, undefined],
    ["tcp", 0, 65_535],
  ]);
  const { SecurityGroupRules: listed = [] } = await lab.ec2.describeSecurityGroupRules({
    Filters: [
      { Name: "group-id", Values: [GroupId] },
      { Name: "tag:a", Values: ["b"] },
    ],
  });
  expect(listed).toHaveLength(5);
});

test("wrong rules are refused, and a wrong request creates none of its rules", async () => {
  await using lab = await Lab.open();
  const GroupId = await group(lab);
  const authorize = (...IpPermissions: object[]) =>
    refusal(lab.ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions }));
  expect(await authorize(tcp(22, "1.2.3.4/32"))).toBe("no refusal");
  expect(await authorize(tcp(23, "1.2.3.4/32"), tcp(22, "1.2.3.4/32"))).toBe(
    'InvalidPermission.Duplicate: the specified rule "peer: 1.2.3.4/32, TCP, from port: 22, to port: 22, ALLOW" already exists',
  );
  expect(await authorize(tcp(23, "1.2.3.4/32"), tcp(23, "1.2.3.4/32"))).toMatch(/must not appear multiple times/u);
  expect(await authorize(tcp(23, "1.2.3.4"))).toBe("InvalidParameterValue: CIDR block 1.2.3.4 is malformed");
  expect(await authorize(tcp(23, "1.2.3.400/32"))).toMatch(/malformed/u);
  expect(await authorize(tcp(70_000, "1.2.3.4/32"))).toMatch(/out of range/u);
  expect(await authorize({ ...tcp(23, "1.2.3.4/32"), ToPort: 22 })).toMatch(/port range/u);
  expect(await authorize({ IpProtocol: "tcp", IpRanges: [{ CidrIp: "1.2.3.4/32" }] })).toMatch(/from and to ports/u);
  expect(await authorize({ ...tcp(23, "1.2.3.4/32"), IpProtocol: "sctp?" })).toMatch(/Unknown protocol/u);
  expect(await authorize({ IpProtocol: "-1" })).toMatch(/^MissingParameter/u);
  expect(await authorize({ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: "sg-01234567" }] })).toMatch(
    /^InvalidGroup.NotFound/u,
  );
  expect(await authorize({ IpProtocol: "-1", IpRanges: [{ CidrIp: "1.2.3.4/32", Description: "it's" }] })).toMatch(
    /description/u,
  );
  expect(await authorize()).toMatch(/^MissingParameter/u);
  expect(await authorize(...Array.from({ length: 60 }, (_, index) => tcp(100 + index, "1.2.3.4/32")))).toMatch(
    /^RulesPerSecurityGroupLimitExceeded/u,
  );
  expect(lab.cloud.securityGroups.find(({ id }) => id === GroupId)?.rules).toHaveLength(2);
});

test("rules are revoked by content or id", async () => {
  await using lab = await Lab.open();
  const { vpcId: VpcId } = lab.cloud.addVpc({ subnets: [] });
  const GroupId = await group(lab);
  const { GroupId: elsewhere = "" } = await lab.ec2.createSecurityGroup({ GroupName: "e", Description: "e", VpcId });
  const { SecurityGroupRules: rules = [] } = await lab.ec2.authorizeSecurityGroupIngress({
    GroupId,
    IpPermissions: [tcp(22, "1.2.3.4/32"), tcp(23, "1.2.3.4/32")],
  });
  await lab.ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions: [{ ...tcp(22, "1.2.3.4/32") }] });
  await lab.ec2.revokeSecurityGroupIngress({ GroupId, SecurityGroupRuleIds: [rules[1]?.SecurityGroupRuleId ?? ""] });
  expect(await lab.ec2.revokeSecurityGroupIngress({ GroupId, IpPermissions: [tcp(22, "1.2.3.4/32")] })).toMatchObject({
    Return: true,
    UnknownIpPermissions: [{ FromPort: 22 }],
  });
  expect(
    await refusal(lab.ec2.revokeSecurityGroupIngress({ GroupId: elsewhere, IpPermissions: [tcp(22, "1.2.3.4/32")] })),
  ).toBe("InvalidPermission.NotFound: The specified rule does not exist in this security group.");
  const all = [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
  await lab.ec2.revokeSecurityGroupEgress({ GroupId, IpPermissions: all });
  expect(lab.cloud.securityGroups.find(({ id }) => id === GroupId)?.rules).toEqual([]);
  await lab.ec2.authorizeSecurityGroupEgress({ GroupId, IpPermissions: all });
});

test("a group is deleted only when nothing uses or references it", async () => {
  await using lab = await Lab.open({ stoppingMs: 1_000_000 });
  const [GroupId, other] = [await group(lab), await group(lab, "other")];
  const remove = (id: string) => refusal(lab.ec2.deleteSecurityGroup({ GroupId: id }));
  await lab.ec2.authorizeSecurityGroupIngress({
    GroupId,
    IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs: [{ GroupId }, { GroupId: other }] }],
  });
  expect(await remove(other)).toBe(`DependencyViolation: resource ${other} has a dependent object`);
  const ids = await lab.launch({ SecurityGroupIds: [GroupId] });
  expect(await remove(GroupId)).toBe(`DependencyViolation: resource ${GroupId} has a dependent object`);
  await lab.ec2.terminateInstances({ InstanceIds: ids });
  expect(await lab.states(ids)).toEqual(["shutting-down"]);
  expect(await remove(GroupId)).toMatch(/^DependencyViolation/u);
  await lab.cloud.clock.sleep(1_100_000);
  expect(await remove(GroupId)).toBe("no refusal");
  expect(await remove(other)).toBe("no refusal");
  expect(await remove(other)).toBe(`InvalidGroup.NotFound: The security group '${other}' does not exist`);
  expect(await remove("workers")).toMatch(/^InvalidGroupId.Malformed/u);
  const { SecurityGroups: [first] = [] } = await lab.ec2.describeSecurityGroups({ GroupNames: ["default"] });
  expect(await remove(first?.GroupId ?? "")).toMatch(/^CannotDelete/u);
  expect(await refusal(lab.ec2.deleteSecurityGroup({}))).toMatch(/^MissingParameter/u);
});

test("a name finds a group of the default VPC only", async () => {
  await using lab = await Lab.open();
  const { vpcId: VpcId } = lab.cloud.addVpc({ subnets: [] });
  await lab.ec2.createSecurityGroup({ GroupName: "there", Description: "x", VpcId });
  expect(await refusal(lab.ec2.describeSecurityGroups({ GroupNames: ["there"] }))).toMatch(/^InvalidGroup.NotFound/u);
  expect(await refusal(lab.ec2.deleteSecurityGroup({ GroupName: "there" }))).toMatch(/^InvalidGroup.NotFound/u);
  const { SecurityGroups } = await lab.ec2.describeSecurityGroups({
    Filters: [
      { Name: "group-name", Values: ["there"] },
      { Name: "vpc-id", Values: [VpcId] },
    ],
  });
  expect(SecurityGroups).toHaveLength(1);
});
