import { expect, test } from "vitest";

import { until } from "../../../../../test/support/until.ts";
import { cidrContains } from "../../../src/core/subnet.ts";
import { Lab } from "../lab.ts";

test("a launch returns pending machines of one zone at once, each with its private address only", async () => {
  await using lab = await Lab.open();
  const userData = Buffer.from("#cloud-config\n");
  const answer = await lab.ec2.runInstances(
    await lab.request({ MinCount: 3, MaxCount: 3, UserData: userData.toString("base64"), KeyName: "my-key" }),
  );
  const { Instances = [] } = answer;
  expect(Instances.map(({ State, AmiLaunchIndex }) => [State?.Name, State?.Code, AmiLaunchIndex])).toEqual([
    ["pending", 0, 0],
    ["pending", 0, 1],
    ["pending", 0, 2],
  ]);
  const addresses = new Set(Instances.map(({ PrivateIpAddress }) => PrivateIpAddress));
  expect(addresses.size).toBe(3);
  const { Subnets: [subnet] = [] } = await lab.ec2.describeSubnets({ SubnetIds: [Instances[0]?.SubnetId ?? ""] });
  for (const instance of Instances) {
    expect(cidrContains(subnet?.CidrBlock ?? "", instance.PrivateIpAddress ?? "")).toBe(true);
    expect(instance.PublicIpAddress).toBeUndefined();
    expect(instance.NetworkInterfaces?.[0]?.Association).toBeUndefined();
    expect(instance.Placement?.AvailabilityZone).toBe(subnet?.AvailabilityZone);
  }
  expect(lab.cloud.machines.map((machine) => machine.userData?.toString())).toEqual(Array(3).fill("#cloud-config\n"));
});

test("a public address appears once assigned, if the subnet or the interface requests one", async () => {
  await using lab = await Lab.open();
  const { subnetIds } = lab.cloud.addVpc({
    subnets: [{ zone: "us-east-1a" }, { zone: "us-east-1b", publicByDefault: true }],
  });
  const [bare = "", open = ""] = subnetIds;
  const card = (SubnetId: string, isPublic?: boolean) => ({
    NetworkInterfaces: [
      { DeviceIndex: 0, SubnetId, ...(isPublic !== undefined && { AssociatePublicIpAddress: isPublic }) },
    ],
  });
  const ids = [
    ...(await lab.launch(card(bare))),
    ...(await lab.launch(card(bare, true))),
    ...(await lab.launch({ SubnetId: open })),
    ...(await lab.launch(card(open, false))),
    ...(await lab.launch()),
  ];
  await lab.cloud.clock.sleep(3500);
  const { Reservations = [] } = await lab.ec2.describeInstances({ InstanceIds: ids });
  const found = new Map(Reservations.flatMap(({ Instances = [] }) => Instances.map((each) => [each.InstanceId, each])));
  const addresses = ids.map((id) => found.get(id)?.PublicIpAddress);
  expect(addresses.map((address) => address !== undefined)).toEqual([false, true, true, false, true]);
  expect(
    addresses.filter((address) => address !== undefined).every((address) => /^127\.(19[2-9]|2\d\d)\./u.test(address)),
  ).toBe(true);
  expect(found.get(ids[1])?.NetworkInterfaces?.[0]?.Association?.PublicIp).toBe(addresses[1]);
});

test("a launch tags everything at creation", async () => {
  await using lab = await Lab.open();
  const Tags = [{ Key: "cluster-name", Value: "x" }];
  const kinds = ["instance", "volume", "network-interface", "spot-instances-request"] as const;
  const [id = ""] = await lab.launch({
    InstanceMarketOptions: { MarketType: "spot" },
    TagSpecifications: kinds.map((ResourceType) => ({ ResourceType, Tags })),
  });
  const { Tags: shown = [] } = await lab.ec2.describeTags({ Filters: [{ Name: "tag:cluster-name", Values: ["x"] }] });
  expect(new Set(shown.map(({ ResourceType }) => ResourceType))).toEqual(new Set(kinds));
  expect(shown).toHaveLength(kinds.length);
  expect(lab.cloud.leftovers("x").map(({ kind }) => kind)).toEqual([
    "instance",
    "volume",
    "network interface",
    "spot request",
  ]);
  await lab.ec2.terminateInstances({ InstanceIds: [id] });
  await until("everything to go with the machine", () => lab.cloud.leftovers("x").length === 0);
});

test("disks are the image's, changed and extended by the request", async () => {
  await using lab = await Lab.open();
  const [id = ""] = await lab.launch({
    BlockDeviceMappings: [
      { DeviceName: "/dev/sda1", Ebs: { VolumeSize: 40, VolumeType: "gp3", Encrypted: true } },
      { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 10, DeleteOnTermination: false } },
      { DeviceName: "/dev/sdb", VirtualName: "ephemeral0" },
    ],
  });
  const { Volumes = [] } = await lab.ec2.describeVolumes({
    Filters: [{ Name: "attachment.instance-id", Values: [id] }],
  });
  expect(Volumes).toMatchObject([
    { Size: 40, VolumeType: "gp3", Encrypted: true, State: "in-use", Iops: 3000, Throughput: 125 },
    { Size: 10, VolumeType: "gp2", Encrypted: false, SnapshotId: "" },
  ]);
  await lab.ec2.terminateInstances({ InstanceIds: [id] });
  await lab.cloud.clock.sleep(11_000);
  const { Volumes: left = [] } = await lab.ec2.describeVolumes({});
  expect(left).toMatchObject([{ Size: 10, State: "available", Attachments: [] }]);
  await lab.ec2.deleteVolume({ VolumeId: left[0]?.VolumeId });
  expect(lab.cloud.volumes).toEqual([]);
});

test("the request's values are shown again", async () => {
  await using lab = await Lab.open();
  const [id = ""] = await lab.launch({
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1, HttpEndpoint: "enabled" },
    IamInstanceProfile: { Name: "dask-profile" },
    Monitoring: { Enabled: true },
    EbsOptimized: true,
    CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 },
    CreditSpecification: { CpuCredits: "standard" },
    SecurityGroups: ["default"],
    ClientToken: "a token",
  });
  await lab.cloud.clock.sleep(9000);
  const { Reservations: [reservation] = [] } = await lab.ec2.describeInstances({ InstanceIds: [id] });
  expect(reservation?.Instances?.[0]).toMatchObject({
    State: { Name: "running", Code: 16 },
    MetadataOptions: { State: "applied", HttpTokens: "required", HttpPutResponseHopLimit: 1 },
    IamInstanceProfile: { Arn: "arn:aws:iam::123456789012:instance-profile/dask-profile" },
    Monitoring: { State: "enabled" },
    EbsOptimized: true,
    CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 },
    SecurityGroups: [{ GroupName: "default" }],
    ClientToken: "a token",
    RootDeviceName: "/dev/sda1",
    BlockDeviceMappings: [{ DeviceName: "/dev/sda1", Ebs: { Status: "attached", DeleteOnTermination: true } }],
  });
});

test("without options, an image with IMDSv2 support requires it, with two hops; an older one does not", async () => {
  await using lab = await Lab.open();
  const request = await lab.request();
  const { Instances: [modern] = [] } = await lab.ec2.runInstances(request);
  const { Instances: [older] = [] } = await lab.ec2.runInstances({ ...request, ImageId: await lab.image("22.04") });
  expect(modern?.MetadataOptions).toMatchObject({ HttpTokens: "required", HttpPutResponseHopLimit: 2 });
  expect(older?.MetadataOptions).toMatchObject({ HttpTokens: "optional", HttpPutResponseHopLimit: 1 });
});
