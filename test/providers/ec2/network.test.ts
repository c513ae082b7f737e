import { describe, expect, test } from "vitest";

import type { EC2ClusterOptions } from "../../../providers/aws/index.ts";
import { messageOf } from "../../../src/errors.ts";
import { anHour, TestAccount } from "./account.ts";

/** Who is admitted where, as EC2 says: `clients: tcp 8786 from 127.0.0.1/32`. */
async function rules(account: TestAccount, name: string): Promise<readonly string[]> {
  const groups = await account.groupsOf(name);
  return groups
    .flatMap((group) => (group.IpPermissions ?? []).map((permission) => ({ group, ...permission })))
    .flatMap(({ group, IpProtocol, FromPort, ToPort, IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [] }) => {
      const from = [
        ...IpRanges.map(({ CidrIp }) => CidrIp),
        ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6),
        ...UserIdGroupPairs.map(({ GroupId }) => (GroupId === group.GroupId ? "itself" : GroupId)),
      ];
      const ports = FromPort === ToPort ? FromPort : `${FromPort}-${ToPort}`;
      const what = IpProtocol === "-1" ? "all" : `${IpProtocol} ${ports}`;
      const whose = group.GroupName?.endsWith(".clients") ? "clients" : "members";
      return from.map((source) => `${whose}: ${what} from ${source}`);
    })
    .sort();
}

describe("prepare", () => {
  test("creates two tagged security groups with the fewest open ports, in the fewest calls", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ allowedCidrs: ["203.0.113.0/24", "2001:db8::/32"] }).prepared();
    const [authorizing, others] = [true, false].map((is) =>
      account.cloud.calls.operations().filter((call) => (call === "AuthorizeSecurityGroupIngress") === is),
    );
    // One per group; a group that EC2 does not show yet is retried.
    expect(authorizing?.length).toBeOneOf([2, 3, 4]);
    expect(others?.sort()).toEqual([
      "CreateSecurityGroup",
      "CreateSecurityGroup",
      "DescribeImages",
      "DescribeInstanceTypeOfferings",
      "DescribeInstanceTypes",
      "DescribeSubnets",
      "DescribeVpcs",
    ]);
    expect(await rules(account, cluster.name)).toEqual([
      "clients: tcp 8786 from 2001:db8::/32",
      "clients: tcp 8786 from 203.0.113.0/24",
      "clients: tcp 8788 from 2001:db8::/32",
      "clients: tcp 8788 from 203.0.113.0/24",
      "members: all from itself",
    ]);
    for (const { Tags } of await account.groupsOf(cluster.name)) {
      expect(Tags).toContainEqual({ Key: "creator", Value: "dask-fleet" });
    }
    expect(account.cloud.violations).toEqual([]);
  });

  test("admits only this computer, whose address it looks up", async () => {
    await using account = await TestAccount.open();
    const addressService = `${account.cloud.endpoint}/checkip`;
    const cluster = await account.cluster({ allowedCidrs: undefined, addressService }).prepared();
    expect(await rules(account, cluster.name)).toContain("clients: tcp 8786 from 127.0.0.1/32");
  });

  test("admits the VPC's own addresses without a public address", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ allowedCidrs: undefined, publicIp: false }).prepared();
    const { Vpcs: [vpc] = [] } = await account.ask((ec2) => ec2.describeVpcs({}));
    expect(vpc?.CidrBlock).toBeDefined();
    expect(await rules(account, cluster.name)).toEqual([
      `clients: tcp 8786 from ${vpc?.CidrBlock}`,
      `clients: tcp 8788 from ${vpc?.CidrBlock}`,
      "members: all from itself",
    ]);
  });

  test("opens ports of the scheduler only: a worker has none and is a member like the scheduler", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster().prepared();
    await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
    await cluster.verbs.create(cluster.request("worker", 1), anHour());
    const groups = await account.groupsOf(cluster.name);
    const idOf = (ending: string): string =>
      groups.find(({ GroupName }) => GroupName === `dask-fleet-${cluster.name}${ending}`)?.GroupId ?? "";
    const [scheduler, worker] = account.cloud.machines.map(({ securityGroupIds }) => [...securityGroupIds].sort());
    expect([scheduler, worker]).toEqual([[idOf(""), idOf(".clients")].sort(), [idOf("")]]);
  });

  test("reuses the groups the second time", async () => {
    await using account = await TestAccount.open();
    const cluster = account.cluster();
    await cluster.prepared();
    await cluster.prepared();
    expect(await account.groupsOf(cluster.name)).toHaveLength(2);
  });

  test.each(["lost-reply", "error-after", "error-before", "throttle", "cut"] as const)(
    "survives the fault %s at each of its changes",
    async (kind) => {
      await using account = await TestAccount.open();
      account.cloud.faults.onOperation("CreateSecurityGroup", kind);
      account.cloud.faults.onOperation("AuthorizeSecurityGroupIngress", kind);
      const cluster = await account.cluster().prepared();
      await expect.poll(() => rules(account, cluster.name)).toHaveLength(3);
      expect(await account.groupsOf(cluster.name)).toHaveLength(2);
    },
  );

  test("never takes the groups of another cluster with its name, and names that one's id", async () => {
    await using account = await TestAccount.open();
    const { name, id } = await account.cluster({ allowedCidrs: ["198.51.100.0/24"] }).prepared();
    const second = account.cluster({ name, allowedCidrs: ["203.0.113.0/24"] });
    await expect(second.prepared()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`A cluster named "${name}" already exists (id ${id}: security group sg-`),
    });
    await second.verbs.release(anHour());
    expect(await rules(account, name)).toEqual([
      "clients: tcp 8786 from 198.51.100.0/24",
      "clients: tcp 8788 from 198.51.100.0/24",
      "members: all from itself",
    ]);
    expect(await account.groupsOf(name)).toHaveLength(2);
  });

  test("never takes a foreign group of that name", async () => {
    await using account = await TestAccount.open();
    const cluster = account.cluster();
    const { Vpcs: [vpc] = [] } = await account.ask((ec2) => ec2.describeVpcs({}));
    const group = { GroupName: `dask-fleet-${cluster.name}`, Description: "mine", VpcId: vpc?.VpcId };
    await account.ask((ec2) => ec2.createSecurityGroup(group));
    await expect(cluster.prepared()).rejects.toThrow("dask-fleet did not create it");
  });

  test("uses given security groups unchanged and keeps them afterwards", async () => {
    await using account = await TestAccount.open();
    const { Vpcs: [vpc] = [] } = await account.ask((ec2) => ec2.describeVpcs({}));
    const mine = { GroupName: "mine", Description: "mine", VpcId: vpc?.VpcId };
    const { GroupId: id = "" } = await account.ask((ec2) => ec2.createSecurityGroup(mine));
    account.cloud.calls.reset();
    const cluster = await account.cluster({ securityGroups: [id] }).prepared();
    expect(account.mutations).toEqual([]);
    await cluster.verbs.release(anHour());
    expect(account.mutations).toEqual([]);
    const { machines } = await cluster.verbs.create(cluster.request("worker", 1), anHour());
    expect(machines).toHaveLength(1);
    expect(account.cloud.machines[0]?.securityGroupIds).toEqual([id]);
  });
});

describe("a mistake leaves nothing behind", () => {
  test.each<[string, EC2ClusterOptions, string]>([
    ["an unknown zone", { availabilityZone: "us-east-1x" }, "The zone us-east-1x has no subnet"],
    ["an unknown type", { workerInstanceType: "m99.large" }, "has no instance type m99.large"],
    [
      "a type that the zone lacks",
      { instanceType: "m7g.large", availabilityZone: "us-east-1f" },
      "There is no m7g.large in us-east-1f",
    ],
    ["an unknown image", { ami: "ami-0fffffffffffffff0" }, "set `ami` to one that does"],
    ["a VPC that there is not", { vpc: "vpc-0fffffffffffffff0" }, "The VPC vpc-0fffffffffffffff0 has no subnet"],
    ["a subnet that there is not", { subnetId: "subnet-0fffffffffffffff0" }, "The subnet that `subnetId` names"],
    ["a disk that is too small", { filesystemSize: 4 }, "at least 8"],
    [
      "a name that RunInstances does not have",
      { runInstances: { MetaDataOptions: {} } },
      'Did you mean "MetadataOptions"?',
    ],
    [
      "such a name further inside",
      { runInstances: { BlockDeviceMappings: [{ Ebs: { Iopss: 1 } }] } },
      "takes no BlockDeviceMappings[0].Ebs.Iopss",
    ],
    [
      "an address service that does not answer",
      { allowedCidrs: undefined, addressService: "http://127.0.0.1:9/" },
      "Set the `allowedCidrs` option",
    ],
  ])("%s", async (_what, options, words) => {
    await using account = await TestAccount.open();
    const message = await account
      .cluster({ closeTimeoutMs: 10_000, ...options })
      .start()
      .then(() => "it has started", messageOf);
    expect(message).toContain(words);
    expect(account.mutations).toEqual([]);
    expect(account.cloud.violations).toEqual([]);
  });

  test("no default VPC: the error says what to do", async () => {
    await using account = await TestAccount.open({ defaultVpc: false });
    await expect(account.cluster().prepared()).rejects.toThrow(/no default VPC in the region us-east-1: set the `vpc`/);
  });

  test("an image for another architecture than a role's type", async () => {
    await using account = await TestAccount.open();
    const cluster = account.cluster({ schedulerInstanceType: "m7g.large" });
    await cluster.prepared();
    const [scheduler] = (await cluster.verbs.create(cluster.request("scheduler", 1), anHour())).machines;
    const ami = account.cloud.machines.find(({ id }) => id === scheduler?.id)?.imageId;
    await expect(account.cluster({ ami, instanceType: "m6i.large" }).prepared()).rejects.toThrow(
      `The image ${ami} is for arm64, but the instance type m6i.large is x86_64`,
    );
  });
});

describe("another VPC", () => {
  test("uses its public or private subnets, as each role needs", async () => {
    await using account = await TestAccount.open();
    const { vpcId } = account.cloud.addVpc({
      subnets: [
        { zone: "us-east-1b", publicByDefault: true },
        { zone: "us-east-1b", publicByDefault: false },
      ],
    });
    const cluster = await account.cluster({ vpc: vpcId, workerPublicIp: false }).prepared();
    await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
    await cluster.verbs.create(cluster.request("worker", 1), anHour());
    await expect.poll(() => account.cloud.machines.map(({ state }) => state)).toEqual(["running", "running"]);
    const [scheduler, worker] = account.cloud.machines;
    expect(scheduler?.publicAddress).toBeDefined();
    expect(worker?.publicAddress).toBeUndefined();
    const subnets = await account.ask((ec2) => ec2.describeSubnets({ Filters: [{ Name: "vpc-id", Values: [vpcId] }] }));
    const { Reservations = [] } = await account.ask((ec2) => ec2.describeInstances({}));
    const isPublic = (id: string | undefined): boolean | undefined => {
      const instance = Reservations.flatMap(({ Instances = [] }) => Instances).find(
        ({ InstanceId }) => InstanceId === id,
      );
      return subnets.Subnets?.find(({ SubnetId }) => SubnetId === instance?.SubnetId)?.MapPublicIpOnLaunch;
    };
    expect([isPublic(scheduler?.id), isPublic(worker?.id)]).toEqual([true, false]);
  });
});

describe("release", () => {
  test("removes what tags alone find, from any process; already gone is a success", async () => {
    await using account = await TestAccount.open();
    const { name, id } = await account.cluster({ listLagMs: 0 }).prepared();
    const other = account.cluster({ name }).as({ id });
    await expect
      .poll(async () => {
        await other.verbs.release(anHour());
        return account.cloud.leftovers(name);
      })
      .toEqual([]);
    await other.verbs.release(anHour());
  });

  test("throws while the group is in use, and removes it in the end", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster().prepared();
    const { machines } = await cluster.verbs.create(cluster.request("worker", 1), anHour());
    await expect(cluster.verbs.release(anHour())).rejects.toThrow("is still in use");
    await cluster.verbs.destroy(machines, anHour());
    await expect.poll(() => cluster.verbs.release(anHour()).then(() => "released", messageOf)).toBe("released");
    expect(account.cloud.leftovers(cluster.name)).toEqual([]);
  });

  test("waits while EC2 does not know the group yet", async () => {
    await using account = await TestAccount.open({ listLagMs: 500_000 });
    account.cloud.faults.onOperation("AuthorizeSecurityGroupIngress", "throttle", { times: 9 });
    const cluster = account.cluster({ apiRetries: 0, listLagMs: 10_000 });
    await expect(cluster.prepared()).rejects.toThrow("EC2 throttled the call");
    await expect(cluster.verbs.release(anHour())).rejects.toMatchObject({ code: "PROVIDER_FAILED" });
    await expect
      .poll(() => cluster.verbs.release(anHour()).then(() => account.cloud.leftovers(cluster.name), messageOf), {
        timeout: 10_000,
      })
      .toEqual([]);
  });

  test("waits for a group that a lost call may have created", async () => {
    await using account = await TestAccount.open({ listLagMs: 100_000 });
    const cluster = account.cluster({ apiRetries: 0, listLagMs: 1000 });
    account.cloud.faults.onOperation("CreateSecurityGroup", "lost-reply");
    await expect(cluster.prepared()).rejects.toThrow("connection");
    await expect(cluster.verbs.release(anHour())).rejects.toThrow("may have made it");
    await expect
      .poll(() => cluster.verbs.release(anHour()).then(() => account.cloud.leftovers(cluster.name), messageOf), {
        timeout: 10_000,
      })
      .toEqual([]);
  });
});
