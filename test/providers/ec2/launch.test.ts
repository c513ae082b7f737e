import { describe, expect, test } from "vitest";

import type { EC2ClusterOptions } from "../../../providers/aws/index.ts";
import { DEFAULT_INSTANCE_TYPES } from "../../../providers/aws/machines/candidates.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { anHour, type OpenCluster, TestAccount } from "./account.ts";

/** Whether and where there are machines: `3 m6i.large us-east-1a`, spot machines with a star. */
function census({ cloud }: TestAccount): readonly string[] {
  const kinds = cloud.machines.map(({ instanceType, zone, spot }) => `${instanceType}${spot ? "*" : ""} ${zone}`);
  return [...new Set(kinds)].map((kind) => `${kinds.filter((each) => each === kind).length} ${kind}`);
}

async function workers(cluster: OpenCluster, count: number): ReturnType<OpenCluster["verbs"]["create"]> {
  return await cluster.verbs.create(cluster.request("worker", count), anHour());
}

async function scheduler(cluster: OpenCluster): ReturnType<OpenCluster["verbs"]["create"]> {
  return await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
}

async function onlyScheduler(cluster: OpenCluster): Promise<Machine> {
  const { machines } = await scheduler(cluster);
  const [made] = machines;
  if (made === undefined) throw new Error("no machine was made");
  return made;
}

describe("machines", () => {
  test("one scheduler and a thousand workers are eleven calls", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster().prepared();
    await scheduler(cluster);
    const { machines, shortfall } = await workers(cluster, 1000);
    expect(shortfall).toBeUndefined();
    expect(new Set(machines.map(({ id }) => id)).size).toBe(1000);
    expect(new Set(machines.map(({ privateAddress }) => privateAddress)).size).toBe(1000);
    expect(
      machines.every(({ id, nodeName, role, state }) => id === nodeName && role === "worker" && state === "pending"),
    ).toBe(true);
    expect(account.cloud.calls.count("RunInstances")).toBe(11);
    expect(account.cloud.machines).toHaveLength(1001);
    expect(account.cloud.violations).toEqual([]);
  });

  test("EC2's own throttling loses no call", async () => {
    await using account = await TestAccount.open({ throttling: true, speed: 20 });
    const cluster = await account.cluster({ apiRetries: 6 }).prepared();
    await scheduler(cluster);
    const { machines, shortfall } = await workers(cluster, 700);
    expect({ shortfall, count: machines.length }).toEqual({ shortfall: undefined, count: 700 });
  });

  test("require IMDSv2 over one hop, delete their encrypted gp3 disks with them, and tag everything", async () => {
    await using account = await TestAccount.open();
    const cluster = await account
      .cluster({
        filesystemSize: 50,
        keyName: "my-key",
        iamInstanceProfile: "dask-profile",
        instanceTags: { team: "a b" },
      })
      .prepared();
    await workers(cluster, 2);
    await expect.poll(async () => (await account.ask((ec2) => ec2.describeVolumes({}))).Volumes?.length).toBe(2);
    const { Volumes: [volume] = [] } = await account.ask((ec2) => ec2.describeVolumes({}));
    const { Reservations: [{ Instances: [instance] = [] } = {}] = [] } = await account.ask((ec2) =>
      ec2.describeInstances({}),
    );
    const { NetworkInterfaces: [card] = [] } = await account.ask((ec2) => ec2.describeNetworkInterfaces({}));
    expect(instance?.MetadataOptions).toMatchObject({ HttpTokens: "required", HttpPutResponseHopLimit: 1 });
    expect(volume).toMatchObject({ Encrypted: true, VolumeType: "gp3", Size: 50 });
    expect(volume?.Attachments).toMatchObject([{ DeleteOnTermination: true }]);
    expect(instance).toMatchObject({
      KeyName: "my-key",
      InstanceType: DEFAULT_INSTANCE_TYPES[0],
      Architecture: "x86_64",
    });
    expect(instance?.IamInstanceProfile?.Arn).toContain("dask-profile");
    const ours = [
      { Key: "creator", Value: "dask-fleet" },
      { Key: "cluster-name", Value: cluster.name },
      { Key: "role", Value: "worker" },
      { Key: "Name", Value: `${cluster.name}-worker` },
    ];
    for (const tags of [instance?.Tags, volume?.Tags, card?.TagSet]) {
      expect(tags).toEqual(expect.arrayContaining(ours));
    }
    expect(instance?.Tags).toContainEqual({ Key: "team", Value: "a b" });
    expect(volume?.Tags).not.toContainEqual({ Key: "team", Value: "a b" });
  });

  test("Graviton for the scheduler, another architecture for the workers: each has its image", async () => {
    await using account = await TestAccount.open();
    const cluster = await account
      .cluster({ schedulerInstanceType: "m7g.large", workerInstanceType: "m6i.large" })
      .prepared();
    await scheduler(cluster);
    await workers(cluster, 1);
    const [arm, intel] = account.cloud.machines;
    const ids = [arm?.imageId ?? "", intel?.imageId ?? ""];
    const { Images = [] } = await account.ask((ec2) => ec2.describeImages({ ImageIds: ids }));
    const named = ids.map((id) => Images.find(({ ImageId }) => ImageId === id)?.Name?.replace(/\d{8}$/, ""));
    expect(named).toEqual([
      "ubuntu/images/hvm-ssd-gp3/ubuntu-resolute-26.04-arm64-server-",
      "ubuntu/images/hvm-ssd-gp3/ubuntu-resolute-26.04-amd64-server-",
    ]);
    expect(account.cloud.calls.count("DescribeImages")).toBe(2);
  });

  test("GPUs are looked up for each role, and only machines with GPUs get GPU user data", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ workerInstanceType: "g4dn.xlarge" }).prepared();
    expect(cluster.verbs.nodeExtras("worker").gpu).toBe(true);
    expect(cluster.verbs.nodeExtras("scheduler").gpu).toBe(false);
    expect(cluster.verbs.state.save()).toMatchObject({ gpu: { scheduler: false, groups: { default: true } } });
  });

  test.each<[EC2ClusterOptions, boolean, boolean]>([
    [{}, true, true],
    [{ workerPublicIp: false }, true, false],
    [{ publicIp: false }, false, false],
  ])("public addresses with %j", async (options, ofScheduler, ofWorker) => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster(options).prepared();
    const located = await cluster.verbs.locate(await onlyScheduler(cluster), anHour());
    await workers(cluster, 1);
    await expect
      .poll(async () => (await cluster.verbs.list(anHour())).map(({ state }) => state))
      .toEqual(["running", "running"]);
    const listed = await cluster.verbs.list(anHour());
    const isPublic = (role: string): boolean => listed.find((each) => each.role === role)?.publicAddress !== undefined;
    expect([located.publicAddress !== undefined, isPublic("scheduler"), isPublic("worker")]).toEqual([
      ofScheduler,
      ofScheduler,
      ofWorker,
    ]);
  });

  test("a scheduler that ends before it has an address fails with the reason", async () => {
    await using account = await TestAccount.open({ addressMs: 1e9 });
    const cluster = await account.cluster().prepared();
    const located = cluster.verbs.locate(await onlyScheduler(cluster), anHour());
    const kill = async (): Promise<void> => {
      await expect.poll(() => account.cloud.machines.length).toBe(1);
      account.cloud.kill(account.cloud.machines[0]?.id ?? "");
    };
    await Promise.all([
      expect(located).rejects.toThrow(
        /is (?:shutting-down|terminated)\. EC2 ended the machine: .*Server\.InternalError/,
      ),
      kill(),
    ]);
  });
});

describe("one request creates its machines once", () => {
  test.each(["lost-reply", "error-after", "cut", "throttle"] as const)("with the fault %s", async (kind) => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster().prepared();
    account.cloud.faults.onOperation("RunInstances", kind, { times: 2 });
    const { machines } = await workers(cluster, 150);
    expect(machines).toHaveLength(150);
    expect(account.cloud.machines).toHaveLength(150);
  });

  test("a call that fails every retry may have created machines, and those of other calls count", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ apiRetries: 0 }).prepared();
    account.cloud.faults.onOperation("RunInstances", "lost-reply");
    const { machines, shortfall, uncertain } = await workers(cluster, 150);
    expect(uncertain).toBe(true);
    expect(shortfall).toMatchObject({ code: "PROVIDER_FAILED" });
    expect([50, 100]).toContain(machines.length);
    expect(account.cloud.machines).toHaveLength(150);
  });

  test("a plain refusal created nothing", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ keyName: "no-such-key" }).prepared();
    const made = await workers(cluster, 2);
    expect(made).toMatchObject({ machines: [], shortfall: { code: "CONFIG_INVALID" }, uncertain: false });
    expect(made.shortfall?.message).toContain("`keyName`");
  });
});

describe("where EC2 has no capacity", () => {
  test("other zones are tried once each, the scheduler's first: the SDK does not retry", async () => {
    await using account = await TestAccount.open();
    const cluster = await account
      .cluster({ instanceType: "m6i.large", availabilityZone: ["us-east-1c", "us-east-1a", "us-east-1b"] })
      .prepared();
    account.cloud.capacity = [{ zone: "us-east-1c", instances: 0 }];
    await scheduler(cluster);
    account.cloud.capacity = [
      { zone: "us-east-1a", instances: 3 },
      { zone: "us-east-1c", instances: 0 },
      { zone: "us-east-1b", instances: 4 },
    ];
    account.cloud.calls.reset();
    const { machines, shortfall } = await workers(cluster, 5);
    expect({ shortfall, count: machines.length }).toEqual({ shortfall: undefined, count: 5 });
    expect(census(account)).toEqual(["3 m6i.large us-east-1a", "3 m6i.large us-east-1b"]);
    expect(account.cloud.calls.count("RunInstances")).toBe(3);
  });

  test("other types and then on-demand machines are tried", async () => {
    await using account = await TestAccount.open();
    const options: EC2ClusterOptions = {
      availabilityZone: "us-east-1a",
      workerInstanceType: "c6i.large",
      instanceTypes: ["m6i.large"],
      spot: "with-fallback",
    };
    const cluster = await account.cluster(options).prepared();
    account.cloud.capacity = [
      { instanceType: "c6i.large", market: "spot", instances: 2 },
      { instanceType: "m6i.large", market: "spot", instances: 1 },
    ];
    const { machines, shortfall } = await workers(cluster, 6);
    expect({ shortfall, count: machines.length }).toEqual({ shortfall: undefined, count: 6 });
    expect(census(account)).toEqual(["2 c6i.large* us-east-1a", "1 m6i.large* us-east-1a", "3 c6i.large us-east-1a"]);
  });

  test("partial capacity is kept, and the error names every place tried", async () => {
    await using account = await TestAccount.open();
    const cluster = await account
      .cluster({ instanceType: "m6i.large", availabilityZone: ["us-east-1a", "us-east-1b"] })
      .prepared();
    account.cloud.capacity = [
      { zone: "us-east-1a", instances: 0 },
      { zone: "us-east-1b", instances: 2 },
    ];
    const { machines, shortfall, uncertain } = await workers(cluster, 5);
    expect(machines).toHaveLength(2);
    expect(shortfall).toBeInstanceOf(DaskFleetError);
    expect(shortfall).toMatchObject({ code: "CAPACITY_UNAVAILABLE" });
    expect(shortfall?.message).toMatch(/m6i\.large in us-east-1a: .*InsufficientInstanceCapacity/);
    expect(shortfall?.message).toContain("m6i.large in us-east-1b: EC2 had capacity for only 2 of 5 machines");
    expect(uncertain).toBe(false);
  });

  test("a used-up quota is reported as one and tried in no other zone", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ instanceType: "m6i.large" }).prepared();
    account.cloud.quotas = { vcpus: { standard: 4 }, refuseWhole: true };
    const { machines, shortfall } = await workers(cluster, 5);
    expect(machines).toEqual([]);
    expect(shortfall).toMatchObject({ code: "QUOTA_EXCEEDED" });
    expect(shortfall?.message).toContain("quota of vCPUs in the region us-east-1");
    expect(account.cloud.calls.count("RunInstances")).toBe(1);
  });

  test("a used-up spot quota falls back to on-demand machines", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ instanceType: "m6i.large", spot: "with-fallback" }).prepared();
    account.cloud.quotas = { spotVcpus: { standard: 0 }, refuseWhole: true };
    const { machines, shortfall } = await workers(cluster, 2);
    expect({ shortfall, count: machines.length }).toEqual({ shortfall: undefined, count: 2 });
    expect(census(account)).toEqual(["2 m6i.large us-east-1a"]);
  });

  test("default types of the preferred size are tried where the region has them", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ availabilityZone: "us-east-1a" }).prepared();
    await workers(cluster, 1);
    expect(DEFAULT_INSTANCE_TYPES).toContain(account.cloud.machines[0]?.instanceType);
  });
});
