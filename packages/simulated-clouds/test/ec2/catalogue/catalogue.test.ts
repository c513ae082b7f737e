import { expect, test } from "vitest";

import { Lab, refusal } from "../lab.ts";

test("Canonical's images are listed among look-alikes", async () => {
  await using lab = await Lab.open();
  const { ec2 } = lab;
  const name = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*";
  const everybody = await ec2.describeImages({ Filters: [{ Name: "name", Values: [name] }] });
  const canonical = await ec2.describeImages({ Owners: ["099720109477"], Filters: [{ Name: "name", Values: [name] }] });
  expect(canonical.Images).toHaveLength(4);
  expect(everybody.Images).toHaveLength(5);
  expect(canonical.Images?.every(({ ImageId }) => /^ami-[0-9a-f]{17}$/u.test(ImageId ?? ""))).toBe(true);
  const dates = canonical.Images?.map(({ CreationDate = "" }) => CreationDate) ?? [];
  expect(dates).not.toEqual([...dates].sort());
  const loose = await ec2.describeImages({
    Owners: ["099720109477"],
    Filters: [{ Name: "name", Values: ["*ubuntu*24.04*amd64*"] }],
  });
  expect(loose.Images?.length).toBeGreaterThan(15);
});

test("images carry what a launch needs: architecture, root device, size", async () => {
  await using lab = await Lab.open();
  const { Images: [image] = [] } = await lab.ec2.describeImages({ ImageIds: [await lab.image("22.04", "arm64")] });
  expect(image).toMatchObject({
    OwnerId: "099720109477",
    Architecture: "arm64",
    RootDeviceName: "/dev/sda1",
    RootDeviceType: "ebs",
    State: "available",
    VirtualizationType: "hvm",
    BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { VolumeSize: 8, VolumeType: "gp2" } }, {}, {}],
  });
  expect(image?.Name).toMatch(/^ubuntu\/images\/hvm-ssd\/ubuntu-jammy-22\.04-arm64-server-\d{8}$/u);
});

test("deprecated images are listed only on request", async () => {
  await using lab = await Lab.open();
  const query = {
    Owners: ["099720109477"],
    Filters: [{ Name: "name", Values: ["ubuntu/images/hvm-ssd/ubuntu-focal-*"] }],
  };
  const { Images: shown = [] } = await lab.ec2.describeImages(query);
  const { Images: all = [] } = await lab.ec2.describeImages({ ...query, IncludeDeprecated: true });
  expect([shown.length, all.length]).toEqual([4, 6]);
});

test("images are found by owner, id and alias", async () => {
  await using lab = await Lab.open();
  const { Images: amazon = [] } = await lab.ec2.describeImages({ Owners: ["amazon"] });
  expect(amazon.map(({ Name = "" }) => Name.slice(0, 6)).sort()).toEqual(["Deep L", "al2023", "al2023"]);
  expect((await lab.ec2.describeImages({ Owners: ["self"] })).Images).toEqual([]);
  expect(await refusal(lab.ec2.describeImages({ ImageIds: ["ami-0123456789abcdef0"] }))).toBe(
    "InvalidAMIID.NotFound: The image id '[ami-0123456789abcdef0]' does not exist",
  );
  expect(await refusal(lab.ec2.describeImages({ ImageIds: ["noble"] }))).toMatch(/^InvalidAMIID.Malformed/u);
});

test("instance types describe their size, architecture and GPUs", async () => {
  await using lab = await Lab.open();
  const { InstanceTypes: types = [] } = await lab.ec2.describeInstanceTypes({
    InstanceTypes: ["g4dn.xlarge", "m7g.large", "t3.micro"],
  });
  const told = types.map(({ InstanceType, VCpuInfo, MemoryInfo, ProcessorInfo, GpuInfo }) => [
    InstanceType,
    VCpuInfo?.DefaultVCpus,
    MemoryInfo?.SizeInMiB,
    ProcessorInfo?.SupportedArchitectures,
    GpuInfo?.Gpus?.[0]?.Count,
  ]);
  expect(told.sort((a, b) => String(a[0]).localeCompare(String(b[0])))).toEqual([
    ["g4dn.xlarge", 4, 16_384, ["x86_64"], 1],
    ["m7g.large", 2, 8192, ["arm64"], undefined],
    ["t3.micro", 2, 1024, ["x86_64"], undefined],
  ]);
  expect(await refusal(lab.ec2.describeInstanceTypes({ InstanceTypes: ["t9.huge" as "t3.micro"] }))).toBe(
    "InvalidInstanceType: The following supplied instance types do not exist: [t9.huge]",
  );
  const arm = await lab.ec2.describeInstanceTypes({
    Filters: [
      { Name: "processor-info.supported-architecture", Values: ["arm64"] },
      { Name: "vcpu-info.default-vcpus", Values: ["2"] },
      { Name: "instance-type", Values: ["c7g.*", "m7g.*"] },
    ],
  });
  expect(arm.InstanceTypes?.map(({ InstanceType }) => InstanceType).sort()).toEqual(["c7g.large", "m7g.large"]);
});

test("not every zone has every type", async () => {
  await using lab = await Lab.open();
  const zonesWith = async (type: string): Promise<string> => {
    const { InstanceTypeOfferings = [] } = await lab.ec2.describeInstanceTypeOfferings({
      LocationType: "availability-zone",
      Filters: [{ Name: "instance-type", Values: [type] }],
    });
    return InstanceTypeOfferings.map(({ Location = "" }) => Location.slice(-1)).join("");
  };
  expect([await zonesWith("t3.small"), await zonesWith("p3.2xlarge"), await zonesWith("m5.large")]).toEqual([
    "abcdf",
    "cdf",
    "abcdef",
  ]);
  const { InstanceTypeOfferings: inRegion = [] } = await lab.ec2.describeInstanceTypeOfferings({
    Filters: [{ Name: "instance-type", Values: ["t3.small"] }],
  });
  expect(inRegion).toEqual([{ InstanceType: "t3.small", LocationType: "region", Location: "us-east-1" }]);
});

test("zones, regions and key pairs", async () => {
  await using lab = await Lab.open();
  const { AvailabilityZones: zones = [] } = await lab.ec2.describeAvailabilityZones({});
  expect(zones.map(({ ZoneName = "", ZoneId }) => `${ZoneName.slice(-1)}=${ZoneId}`).join(" ")).toBe(
    "a=use1-az4 b=use1-az6 c=use1-az1 d=use1-az2 e=use1-az3 f=use1-az5",
  );
  const { AvailabilityZones: all = [] } = await lab.ec2.describeAvailabilityZones({ AllAvailabilityZones: true });
  expect(all.at(-1)).toMatchObject({ ZoneType: "local-zone", OptInStatus: "not-opted-in" });
  expect(await refusal(lab.ec2.describeAvailabilityZones({ ZoneNames: ["us-east-1x"] }))).toBe(
    "InvalidParameterValue: Invalid availability zone: [us-east-1x]",
  );
  const { Regions = [] } = await lab.ec2.describeRegions({ Filters: [{ Name: "region-name", Values: ["eu-*"] }] });
  expect(Regions).toHaveLength(5);
  expect(await refusal(lab.ec2.describeRegions({ RegionNames: ["mars-1"] }))).toMatch(/^InvalidParameterValue/u);
  expect((await lab.ec2.describeKeyPairs({})).KeyPairs).toMatchObject([{ KeyName: "my-key" }]);
  expect(await refusal(lab.ec2.describeKeyPairs({ KeyNames: ["other"] }))).toBe(
    "InvalidKeyPair.NotFound: The key pair 'other' does not exist",
  );
});

test("a fresh account has a default VPC with a default subnet in each zone", async () => {
  await using lab = await Lab.open({ region: "eu-central-1" });
  const { Vpcs: [vpc, ...others] = [] } = await lab.ec2.describeVpcs({
    Filters: [{ Name: "is-default", Values: ["true"] }],
  });
  expect(others).toEqual([]);
  expect(vpc).toMatchObject({ State: "available", IsDefault: true });
  expect(vpc?.CidrBlock).toMatch(/^127\.\d+\.0\.0\/16$/u);
  const { Subnets = [] } = await lab.ec2.describeSubnets({ Filters: [{ Name: "vpc-id", Values: [vpc?.VpcId ?? ""] }] });
  expect(Subnets.map(({ AvailabilityZone, MapPublicIpOnLaunch }) => [AvailabilityZone, MapPublicIpOnLaunch])).toEqual([
    ["eu-central-1a", true],
    ["eu-central-1b", true],
    ["eu-central-1c", true],
  ]);
  expect(Subnets[0]?.AvailableIpAddressCount).toBe(4091);
});

test("an account may lack a default VPC and have others", async () => {
  await using lab = await Lab.open({ defaultVpc: false });
  expect((await lab.ec2.describeVpcs({})).Vpcs).toEqual([]);
  const zones = ["us-east-1a", "us-east-1b"];
  const { vpcId, subnetIds } = lab.cloud.addVpc({ subnets: zones.map((zone) => ({ zone })), tags: { Name: "mine" } });
  const { Vpcs = [] } = await lab.ec2.describeVpcs({ Filters: [{ Name: "tag:Name", Values: ["m?n*"] }] });
  expect(Vpcs).toMatchObject([{ VpcId: vpcId, IsDefault: false }]);
  const { Subnets = [] } = await lab.ec2.describeSubnets({ SubnetIds: [...subnetIds] });
  expect(Subnets.map(({ MapPublicIpOnLaunch, DefaultForAz }) => [MapPublicIpOnLaunch, DefaultForAz])).toEqual([
    [false, false],
    [false, false],
  ]);
  const [second] = await lab.launch({ SubnetId: subnetIds[1] as string });
  expect(second).toMatch(/^i-/u);
  const request = await lab.request();
  expect(await refusal(lab.ec2.runInstances(request))).toMatch(/^VPCIdNotSpecified/u);
  expect(await refusal(lab.ec2.createSecurityGroup({ GroupName: "a", Description: "b" }))).toMatch(
    /^VPCIdNotSpecified/u,
  );
  expect(await refusal(lab.ec2.describeVpcs({ VpcIds: ["vpc-0123456789abcdef0"] }))).toMatch(/^InvalidVpcID.NotFound/u);
  expect(await refusal(lab.ec2.describeSubnets({ SubnetIds: ["subnet-01234567"] }))).toMatch(
    /^InvalidSubnetID.NotFound/u,
  );
});
