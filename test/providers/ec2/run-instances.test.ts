import fc from "fast-check";
import { expect, test } from "vitest";

import { runInstancesRequest } from "../../../providers/aws/machines/run-instances.ts";
import { clusterTags } from "../../../src/provider/tags.ts";
import { candidate, request, resolved, runInput } from "./samples.ts";

type Tags = Record<string, string>;

function tagsByKind(asked: ReturnType<typeof runInstancesRequest>): Record<string, Tags> {
  return Object.fromEntries(
    (asked.TagSpecifications ?? []).map(({ ResourceType = "", Tags = [] }) => [
      ResourceType,
      Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value])),
    ]),
  );
}

test("the request without options", () => {
  const { ClientToken, TagSpecifications: _tags, ...asked } = runInstancesRequest(runInput());
  expect(ClientToken).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(asked).toEqual({
    ImageId: "ami-0123456789abcdef0",
    InstanceType: "m7i-flex.large",
    MinCount: 1,
    MaxCount: 3,
    UserData: Buffer.from("#cloud-config\n").toString("base64"),
    InstanceInitiatedShutdownBehavior: "terminate",
    MetadataOptions: { HttpEndpoint: "enabled", HttpTokens: "required", HttpPutResponseHopLimit: 1 },
    Monitoring: { Enabled: false },
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: "subnet-0aaaaaaaaaaaaaaaa",
        Groups: ["sg-0bbbbbbbbbbbbbbbb"],
        AssociatePublicIpAddress: true,
        DeleteOnTermination: true,
      },
    ],
    BlockDeviceMappings: [
      {
        DeviceName: "/dev/sda1",
        Ebs: { VolumeSize: 40, VolumeType: "gp3", Encrypted: true, DeleteOnTermination: true },
      },
    ],
  });
});

test("the request carries the options", () => {
  const options = resolved({
    publicIp: false,
    filesystemSize: 120,
    keyName: "my-key",
    iamInstanceProfile: "arn:aws:iam::123456789012:instance-profile/dask",
    enableDetailedMonitoring: true,
  });
  expect(runInstancesRequest(runInput({ options }))).toMatchObject({
    KeyName: "my-key",
    IamInstanceProfile: { Arn: "arn:aws:iam::123456789012:instance-profile/dask" },
    Monitoring: { Enabled: true },
    NetworkInterfaces: [{ AssociatePublicIpAddress: false }],
    BlockDeviceMappings: [{ Ebs: { VolumeSize: 120, Encrypted: true } }],
  });
});

test.each([
  ["a-name", { Name: "a-name" }],
  [{ Name: "a-name" }, { Name: "a-name" }],
  [{ Arn: "arn:aws:iam::1:instance-profile/x" }, { Arn: "arn:aws:iam::1:instance-profile/x" }],
  [{}, undefined],
])("the instance profile %j", (iamInstanceProfile, sent) => {
  const asked = runInstancesRequest(runInput({ options: resolved({ iamInstanceProfile }) }));
  expect(asked.IamInstanceProfile).toEqual(sent);
});

test("a spot request is one-time, terminates on reclaim and is tagged", () => {
  const asked = runInstancesRequest(runInput({ candidate: { ...candidate, capacityType: "spot" } }));
  expect(asked.InstanceMarketOptions).toEqual({
    MarketType: "spot",
    SpotOptions: { SpotInstanceType: "one-time", InstanceInterruptionBehavior: "terminate" },
  });
  expect(Object.keys(tagsByKind(asked))).toEqual(["instance", "network-interface", "spot-instances-request", "volume"]);
});

test("everything created has the cluster's tags and the user's", () => {
  const options = resolved({ instanceTags: { team: "data", Name: "mine" }, volumeTags: { cost: "7" } });
  const ours = { ...request.tags };
  expect(tagsByKind(runInstancesRequest(runInput({ options })))).toEqual({
    instance: { Name: "mine", team: "data", ...ours },
    "network-interface": { Name: "mine", team: "data", ...ours },
    volume: { Name: "dask-1a2b3c4d-worker", cost: "7", ...ours },
  });
});

test("equal requests have the same token, different ones another", () => {
  const token = (change = {}): unknown => runInstancesRequest(runInput(change)).ClientToken;
  const others = [
    { batch: 1 },
    { count: 2 },
    { candidate: { ...candidate, capacityType: "spot" } },
    { candidate: { ...candidate, subnetId: "subnet-0ccc" } },
    { candidate: { ...candidate, instanceType: "m6i.large" } },
    { request: { ...request, token: "another" } },
  ].map(token);
  expect(token()).toBe(token());
  expect(new Set([token(), ...others]).size).toBe(others.length + 1);
});

test("runInstances is merged last: it changes and adds, and added disks are deleted with the machine", () => {
  const options = resolved({
    runInstances: {
      EbsOptimized: true,
      MetadataOptions: { HttpPutResponseHopLimit: 2 },
      NetworkInterfaces: [{ InterfaceType: "efa" }],
      BlockDeviceMappings: [{ Ebs: { Iops: 6000 } }, { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 500 } }],
      KeyName: null,
    },
    keyName: "my-key",
  });
  expect(runInstancesRequest(runInput({ options }))).toMatchObject({
    EbsOptimized: true,
    KeyName: "my-key",
    MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2 },
    NetworkInterfaces: [
      { DeviceIndex: 0, InterfaceType: "efa", Groups: ["sg-0bbbbbbbbbbbbbbbb"], DeleteOnTermination: true },
    ],
    BlockDeviceMappings: [
      { DeviceName: "/dev/sda1", Ebs: { VolumeSize: 40, Iops: 6000, Encrypted: true, DeleteOnTermination: true } },
      { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 500, DeleteOnTermination: true } },
    ],
  });
});

const OURS = new Set(["creator", "cluster-name", "cluster-id", "role", "expires", "__proto__"]);
const tagName = fc
  .string({ minLength: 1, maxLength: 64, unit: "grapheme" })
  .filter((name) => !OURS.has(name) && !/^aws:/i.test(name) && Array.from(name).length <= 128);
test("common tags are on everything; a kind's tags win over them, and ours over all", () => {
  const options = resolved({
    tags: { team: "data", cost: "1", Name: "all" },
    instanceTags: { team: "ops" },
    volumeTags: { cost: "7" },
  });
  const kinds = tagsByKind(
    runInstancesRequest(runInput({ options, candidate: { ...candidate, capacityType: "spot" } })),
  );
  const ours = request.tags;
  const ofMachines = { Name: "all", team: "ops", cost: "1", ...ours };
  expect(kinds).toEqual({
    instance: ofMachines,
    "network-interface": ofMachines,
    "spot-instances-request": ofMachines,
    volume: { Name: "all", team: "data", cost: "7", ...ours },
  });
});

const hostileTags = fc.dictionary(tagName, fc.string({ maxLength: 60, unit: "grapheme" }), { maxKeys: 40 });

test("our tags are on everything, whatever the user's tags and overrides, and the rest is as requested", () => {
  const anything = fc.dictionary(
    fc.string({ maxLength: 12 }).filter((name) => !(name in Object.prototype)),
    fc.jsonValue(),
    { maxKeys: 5 },
  );
  fc.assert(
    fc.property(hostileTags, hostileTags, anything, (instanceTags, volumeTags, CpuOptions) => {
      const options = resolved({ instanceTags, volumeTags, runInstances: { CpuOptions, Ipv6AddressCount: 0 } });
      const tags = clusterTags({ name: "c1", id: "0123456789abcdef" }, "worker", undefined);
      const asked = runInstancesRequest(runInput({ options, request: { ...request, tags } }));
      const { instance, volume, "network-interface": card } = tagsByKind(asked);
      expect(instance).toEqual({ Name: "c1-worker", ...instanceTags, ...tags });
      expect(card).toEqual(instance);
      expect(volume).toEqual({ Name: "c1-worker", ...volumeTags, ...tags });
      expect(asked).toMatchObject({ MinCount: 1, MaxCount: 3, Ipv6AddressCount: 0 });
      expect(asked.CpuOptions).toEqual(CpuOptions);
    }),
    { numRuns: 200 },
  );
});
