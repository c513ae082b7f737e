import { paginateDescribeInstances } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";

import { Lab, refusal } from "../lab.ts";

test("pages count machines, not launches, and show each machine once", async () => {
  await using lab = await Lab.open();
  const all = [
    ...(await lab.launch({ MinCount: 7, MaxCount: 7 })),
    ...(await lab.launch({ MinCount: 6, MaxCount: 6 })),
  ];
  const first = await lab.ec2.describeInstances({ MaxResults: 5 });
  expect(first.Reservations?.map(({ Instances }) => Instances?.length)).toEqual([5]);
  const second = await lab.ec2.describeInstances({ MaxResults: 5, NextToken: first.NextToken });
  expect(second.Reservations?.map(({ Instances }) => Instances?.length)).toEqual([2, 3]);
  await lab.ec2.terminateInstances({ InstanceIds: all.slice(0, 2) });
  const third = await lab.ec2.describeInstances({ MaxResults: 5, NextToken: second.NextToken });
  expect(third.NextToken).toBeUndefined();
  const shown = [first, second, third].flatMap(({ Reservations = [] }) =>
    Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId)),
  );
  expect(shown).toEqual(all);
});

test("the SDK's paginator gets everything, whatever the page limit", async () => {
  await using lab = await Lab.open({ pageSize: 3 });
  await lab.launch({ MinCount: 8, MaxCount: 8 });
  let [machines, pages] = [0, 0];
  for await (const page of paginateDescribeInstances({ client: lab.ec2, pageSize: 1000 }, {})) {
    pages += 1;
    machines += page.Reservations?.flatMap(({ Instances = [] }) => Instances).length ?? 0;
  }
  expect([machines, pages]).toEqual([8, 3]);
  const { SecurityGroups = [], NextToken } = await lab.ec2
    .describeSubnets({})
    .then(() => lab.ec2.describeSecurityGroups({}));
  expect([SecurityGroups.length, NextToken]).toEqual([1, undefined]);
});

test("page sizes have limits, and a token is for its own query", async () => {
  await using lab = await Lab.open();
  const ids = await lab.launch({ MinCount: 9, MaxCount: 9 });
  const describe = (input: Parameters<typeof lab.ec2.describeInstances>[0]) =>
    refusal(lab.ec2.describeInstances(input));
  expect(await describe({ MaxResults: 4 })).toMatch(/^InvalidParameterValue: Value \( 4 \) for parameter maxResults/u);
  expect(await describe({ MaxResults: 1001 })).toMatch(/^InvalidParameterValue: Value \( 1001 \)/u);
  expect(await describe({ MaxResults: 5, InstanceIds: ids })).toMatch(
    /^InvalidParameterCombination: The parameter instancesSet cannot be used with the parameter maxResults/u,
  );
  expect(await describe({ NextToken: "abc" })).toMatch(/^InvalidNextToken/u);
  const { NextToken } = await lab.ec2.describeInstances({ MaxResults: 5 });
  expect(await describe({ NextToken, Filters: [{ Name: "instance-type", Values: ["t3.small"] }] })).toMatch(
    /^InvalidNextToken/u,
  );
  expect(await refusal(lab.ec2.describeInstanceTypes({ MaxResults: 101 }))).toMatch(/^InvalidParameterValue/u);
});

test("filters: any value of each filter, with wildcards, by tag", async () => {
  await using lab = await Lab.open();
  const tagged = (value: string) => ({
    TagSpecifications: [
      {
        ResourceType: "instance" as const,
        Tags: [
          { Key: "cluster-name", Value: value },
          { Key: "a*", Value: "x" },
        ],
      },
    ],
  });
  await lab.launch(tagged("dask-one"));
  await lab.launch({ ...tagged("dask-two"), InstanceType: "t3.large" });
  await lab.launch(tagged("other"));
  const count = async (...Filters: { Name: string; Values: string[] }[]) =>
    (await lab.ec2.describeInstances({ Filters })).Reservations?.length;
  const name = "tag:cluster-name";
  expect(await count({ Name: name, Values: ["dask-one"] })).toBe(1);
  expect(await count({ Name: name, Values: ["dask-*"] })).toBe(2);
  expect(await count({ Name: name, Values: ["dask-???"] })).toBe(2);
  expect(await count({ Name: name, Values: [String.raw`dask-\*`] })).toBe(0);
  expect(await count({ Name: name, Values: ["dask-one", "other"] })).toBe(2);
  expect(await count({ Name: name, Values: ["dask-*"] }, { Name: "instance-type", Values: ["t3.large"] })).toBe(1);
  expect(await count({ Name: "tag-key", Values: ["cluster-name"] })).toBe(3);
  expect(await count({ Name: "tag:a*", Values: ["x"] })).toBe(3);
  expect(await count({ Name: "tag:Cluster-Name", Values: ["dask-one"] })).toBe(0);
  expect(await count({ Name: "instance-state-name", Values: ["pending", "running"] })).toBe(3);
});

test("unknown filters, and filters without values or with too many", async () => {
  await using lab = await Lab.open();
  const describe = (Name: string, Values: string[]) =>
    refusal(lab.ec2.describeInstances({ Filters: [{ Name, Values }] }));
  expect(await describe("state", ["running"])).toBe("InvalidParameterValue: The filter 'state' is invalid");
  expect(await describe("constructor", ["x"])).toMatch(/is invalid/u);
  expect(lab.violations()).toHaveLength(2);
  expect(await describe("instance-id", [])).toMatch(/^MissingParameter/u);
  expect(
    await describe(
      "instance-id",
      Array.from({ length: 201 }, () => "i-1"),
    ),
  ).toMatch(/^FilterLimitExceeded/u);
  expect(await refusal(lab.ec2.describeInstanceStatus({ Filters: [{ Name: "tag:a", Values: ["b"] }] }))).toMatch(
    /is invalid/u,
  );
  expect(lab.violations()).toHaveLength(1);
});

test("tags are set, found and removed", async () => {
  await using lab = await Lab.open();
  const [id = ""] = await lab.launch();
  await lab.ec2.createTags({
    Resources: [id],
    Tags: [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ],
  });
  await lab.ec2.createTags({ Resources: [id], Tags: [{ Key: "a", Value: "3" }] });
  await lab.ec2.deleteTags({ Resources: [id], Tags: [{ Key: "b", Value: "other" }, { Key: "c" }] });
  const { Tags } = await lab.ec2.describeTags({ Filters: [{ Name: "resource-id", Values: [id] }] });
  expect(Tags).toEqual([
    { ResourceId: id, ResourceType: "instance", Key: "a", Value: "3" },
    { ResourceId: id, ResourceType: "instance", Key: "b", Value: "2" },
  ]);
  const many = Array.from({ length: 49 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
  expect(await refusal(lab.ec2.createTags({ Resources: [id], Tags: many }))).toMatch(/^TagLimitExceeded/u);
  expect(await refusal(lab.ec2.createTags({ Resources: ["x-1"], Tags: [{ Key: "a" }] }))).toMatch(/^InvalidID/u);
  expect(await refusal(lab.ec2.createTags({ Resources: ["vol-01234567"], Tags: [{ Key: "a" }] }))).toMatch(
    /^InvalidVolume.NotFound/u,
  );
  await lab.ec2.deleteTags({ Resources: [id] });
  expect(lab.cloud.machines[0]?.tags).toEqual({});
});

test("disks and network interfaces are found by their instance", async () => {
  await using lab = await Lab.open();
  const [id = ""] = await lab.launch();
  await lab.launch();
  const Filters = [{ Name: "attachment.instance-id", Values: [id] }];
  const { NetworkInterfaces = [] } = await lab.ec2.describeNetworkInterfaces({ Filters });
  expect(NetworkInterfaces).toMatchObject([
    { Status: "in-use", Attachment: { InstanceId: id, DeleteOnTermination: true } },
  ]);
  const { Volumes: [volume] = [] } = await lab.ec2.describeVolumes({ Filters });
  expect(await refusal(lab.ec2.deleteVolume({ VolumeId: volume?.VolumeId }))).toBe(
    `VolumeInUse: Volume ${volume?.VolumeId} is currently attached to ${id}`,
  );
  expect(await refusal(lab.ec2.deleteVolume({ VolumeId: "vol-01234567" }))).toMatch(/^InvalidVolume.NotFound/u);
});
