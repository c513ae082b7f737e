import type { RunInstancesCommandInput } from "@aws-sdk/client-ec2";
import { beforeAll, describe, expect, test } from "vitest";

import { Lab, refusal } from "../lab.ts";

const IMAGE = "ami-0123456789abcdef0";

describe("RunInstances refuses what EC2 refuses", () => {
  let lab: Lab;
  let subnetId: string;
  let groupId: string;
  beforeAll(async () => {
    lab = await Lab.open();
    const { Subnets = [] } = await lab.ec2.describeSubnets({});
    subnetId = Subnets.find(({ AvailabilityZone }) => AvailabilityZone === "us-east-1a")?.SubnetId ?? "";
    groupId = (await lab.ec2.createSecurityGroup({ GroupName: "g", Description: "g" })).GroupId ?? "";
    return async () => {
      expect(lab.cloud.machines).toEqual([]);
      await lab[Symbol.asyncDispose]();
    };
  });

  const run = async (more: Partial<RunInstancesCommandInput>): Promise<string> =>
    await refusal(lab.ec2.runInstances(await lab.request(more)));

  test.for<[what: string, more: () => Partial<RunInstancesCommandInput>, error: RegExp]>([
    ["no machine", () => ({ MinCount: 0 }), /^InvalidParameterValue: .*minCount/u],
    ["a minimum over the maximum", () => ({ MinCount: 2 }), /^InvalidParameterValue: .*maxCount/u],
    ["no image", () => ({ ImageId: undefined }), /^MissingParameter: .*ImageId/u],
    [
      "an unknown image",
      () => ({ ImageId: IMAGE }),
      /^InvalidAMIID.NotFound: The image id '\[ami-0123456789abcdef0\]'/u,
    ],
    ["an id that is none", () => ({ ImageId: "ubuntu" }), /^InvalidAMIID.Malformed: Invalid id: "ubuntu"/u],
    [
      "an unknown type",
      () => ({ InstanceType: "t9.huge" as "t3.micro" }),
      /^InvalidParameterValue: Invalid value 't9.huge'/u,
    ],
    [
      "another architecture",
      () => ({ InstanceType: "m7g.large" }),
      /^InvalidParameterValue: The architecture 'arm64'/u,
    ],
    ["a key pair that is not there", () => ({ KeyName: "other" }), /^InvalidKeyPair.NotFound: The key pair 'other'/u],
    ["too much user data", () => ({ UserData: Buffer.alloc(16_385).toString("base64") }), /limited to 16384 bytes/u],
    ["user data that is no base64", () => ({ UserData: "#cloud-config" }), /Invalid BASE64 encoding of user data/u],
    [
      "a profile that is not there",
      () => ({ IamInstanceProfile: { Name: "x" } }),
      /^InvalidParameterValue: .*iamInstanceProfile.name/u,
    ],
    ["a profile's wrong ARN", () => ({ IamInstanceProfile: { Arn: "dask-profile" } }), /iamInstanceProfile.arn/u],
    ["name and ARN", () => ({ IamInstanceProfile: { Arn: "a", Name: "b" } }), /^InvalidParameterCombination/u],
    ["too long a token", () => ({ ClientToken: "x".repeat(65) }), /^InvalidParameterValue: .*clientToken/u],
    ["a token that is not ASCII", () => ({ ClientToken: "tökén" }), /^InvalidParameterValue: .*clientToken/u],
    ["too many hops", () => ({ MetadataOptions: { HttpPutResponseHopLimit: 65 } }), /HttpPutResponseHopLimit/u],
    ["odd metadata", () => ({ MetadataOptions: { HttpTokens: "maybe" as "required" } }), /HttpTokens/u],
    ["an odd shutdown", () => ({ InstanceInitiatedShutdownBehavior: "sleep" as "stop" }), /ShutdownBehavior/u],
    ["a placement group", () => ({ Placement: { GroupName: "x" } }), /^InvalidPlacementGroup.Unknown/u],
    ["an unknown zone", () => ({ Placement: { AvailabilityZone: "us-east-1z" } }), /Invalid availability zone/u],
    [
      "a type that the zone has not",
      () => ({ Placement: { AvailabilityZone: "us-east-1e" } }),
      /^Unsupported: .*\(t3.small\) is not supported.*us-east-1e.*us-east-1a, us-east-1b/u,
    ],
    ["an unknown subnet", () => ({ SubnetId: "subnet-0123456789abcdef0" }), /^InvalidSubnetID.NotFound/u],
    [
      "a zone that is not the subnet's",
      () => ({ SubnetId: subnetId, Placement: { AvailabilityZone: "us-east-1b" } }),
      /^InvalidParameterValue/u,
    ],
    ["an unknown group", () => ({ SecurityGroupIds: ["sg-0123456789abcdef0"] }), /^InvalidGroup.NotFound/u],
    [
      "a group's name with a subnet",
      () => ({ SubnetId: subnetId, SecurityGroups: ["g"] }),
      /^InvalidParameterCombination: The parameter groupName/u,
    ],
    [
      "a card and a subnet",
      () => ({ SubnetId: subnetId, NetworkInterfaces: [{ DeviceIndex: 0 }] }),
      /^InvalidParameterCombination: .*instance-level subnet/u,
    ],
    [
      "a card and groups",
      () => ({ SecurityGroupIds: [groupId], NetworkInterfaces: [{ DeviceIndex: 0 }] }),
      /^InvalidParameterCombination: .*instance-level security groups/u,
    ],
    [
      "a card without a number",
      () => ({ NetworkInterfaces: [{ SubnetId: subnetId }] }),
      /^MissingParameter: .*deviceIndex/u,
    ],
    [
      "two cards, one public",
      () => ({ NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true }, { DeviceIndex: 1 }] }),
      /^InvalidParameterCombination: The associatePublicIPAddress/u,
    ],
  ])("%s", async ([, more, error]) => {
    expect(await run(more())).toMatch(error);
  });

  test.for<[what: string, disk: object, error: RegExp]>([
    [
      "smaller than its snapshot",
      { VolumeSize: 4 },
      /^InvalidBlockDeviceMapping: Volume of size 4GB is smaller than snapshot/u,
    ],
    ["an unknown type", { VolumeType: "gp9" }, /volumeType/u],
    ["a type that does not boot", { VolumeType: "st1", VolumeSize: 200 }, /^InvalidBlockDeviceMapping/u],
    ["too large", { VolumeSize: 65_537 }, /^InvalidParameterValue/u],
    ["operations of gp2", { VolumeType: "gp2", Iops: 3000 }, /^InvalidParameterCombination/u],
    ["throughput of io2", { VolumeType: "io2", Iops: 3000, Throughput: 200 }, /^InvalidParameterCombination/u],
    ["io2 without operations", { VolumeType: "io2" }, /^MissingParameter/u],
    ["too few operations", { VolumeType: "gp3", Iops: 100 }, /^InvalidParameterValue/u],
    ["a key without encryption", { KmsKeyId: "alias/x" }, /^InvalidParameterDependency/u],
  ])("a disk: %s", async ([, Ebs, error]) => {
    expect(await run({ BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs }] })).toMatch(error);
  });

  test("disks without a name or size, or with the same name", async () => {
    expect(await run({ BlockDeviceMappings: [{ Ebs: { VolumeSize: 20 } }] })).toMatch(
      /^MissingParameter: .*DeviceName/u,
    );
    expect(await run({ BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { Encrypted: true } }] })).toMatch(
      /^MissingParameter/u,
    );
    const twice = { DeviceName: "/dev/sda1", Ebs: { VolumeSize: 20 } };
    expect(await run({ BlockDeviceMappings: [twice, twice] })).toMatch(
      /^InvalidBlockDeviceMapping: The device '\/dev\/sda1' is used/u,
    );
  });

  test.for<[what: string, tags: { Key?: string; Value?: string }[], error: RegExp]>([
    ["reserved", [{ Key: "aws:x", Value: "y" }], /reserved for internal use/u],
    ["long key", [{ Key: "k".repeat(129), Value: "y" }], /maximum length of 128/u],
    ["long value", [{ Key: "k", Value: "v".repeat(257) }], /maximum length of 256/u],
    ["twice", [{ Key: "k" }, { Key: "k" }], /Duplicate tag key 'k'/u],
    ["no key", [{ Value: "y" }], /^MissingParameter/u],
    ["51", Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}` })), /^TagLimitExceeded/u],
  ])("tags: %s", async ([, Tags, error]) => {
    expect(await run({ TagSpecifications: [{ ResourceType: "instance", Tags }] })).toMatch(error);
  });

  test("tags of untaggable kinds, duplicate tags, tags in metadata", async () => {
    const Tags = [{ Key: "a b", Value: "c" }];
    expect(await run({ TagSpecifications: [{ ResourceType: "vpc", Tags }] })).toMatch(
      /'vpc' is not a valid taggable resource type/u,
    );
    expect(await run({ TagSpecifications: [{ ResourceType: "spot-instances-request", Tags }] })).toMatch(
      /not a valid taggable/u,
    );
    expect(
      await run({
        TagSpecifications: [
          { ResourceType: "instance", Tags },
          { ResourceType: "instance", Tags },
        ],
      }),
    ).toMatch(/more than once/u);
    const inMetadata = { MetadataOptions: { InstanceMetadataTags: "enabled" as const } };
    expect(await run({ ...inMetadata, TagSpecifications: [{ ResourceType: "instance", Tags }] })).toMatch(
      /'a b' is not a valid tag key/u,
    );
  });

  test("groups of another network, or too many", async () => {
    const { vpcId: VpcId } = lab.cloud.addVpc({ subnets: [{ zone: "us-east-1a" }] });
    const { GroupId: foreign = "" } = await lab.ec2.createSecurityGroup({ GroupName: "f", Description: "f", VpcId });
    expect(await run({ SecurityGroupIds: [foreign] })).toMatch(/^InvalidParameter: .*belong to different networks/u);
    const many = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => {
        return (await lab.ec2.createSecurityGroup({ GroupName: `m${index}`, Description: "m" })).GroupId ?? "";
      }),
    );
    expect(await run({ SecurityGroupIds: many })).toMatch(/^SecurityGroupsPerInterfaceLimitExceeded/u);
  });

  test("an image without an EBS root", async () => {
    const { Images = [] } = await lab.ec2.describeImages({
      Filters: [
        { Name: "root-device-type", Values: ["instance-store"] },
        { Name: "architecture", Values: ["x86_64"] },
      ],
    });
    expect(await run({ ImageId: Images[0]?.ImageId })).toMatch(/^InvalidParameterCombination/u);
  });

  test.for<[what: string, market: object, error: RegExp]>([
    ["no market type", { SpotOptions: { MaxPrice: "1" } }, /^MissingParameter: .*MarketType/u],
    [
      "too low a price",
      { MarketType: "spot", SpotOptions: { MaxPrice: "0.002" } },
      /^SpotMaxPriceTooLow: Your Spot request price of 0.002/u,
    ],
    ["no price", { MarketType: "spot", SpotOptions: { MaxPrice: "cheap" } }, /^InvalidParameterValue/u],
    [
      "stopping when interrupted",
      { MarketType: "spot", SpotOptions: { InstanceInterruptionBehavior: "stop" } },
      /^InvalidParameterCombination/u,
    ],
    [
      "an end",
      { MarketType: "spot", SpotOptions: { ValidUntil: new Date() } },
      /^InvalidParameterCombination: ValidUntil/u,
    ],
    [
      "persistent and terminating",
      { MarketType: "spot", SpotOptions: { SpotInstanceType: "persistent" } },
      /^InvalidParameterCombination/u,
    ],
  ])("spot: %s", async ([, InstanceMarketOptions, error]) => {
    expect(await run({ InstanceMarketOptions })).toMatch(error);
  });

  test("a protected spot instance", async () => {
    const market = { InstanceMarketOptions: { MarketType: "spot" as const } };
    expect(await run({ ...market, DisableApiTermination: true })).toMatch(/^InvalidParameterCombination/u);
  });
});
