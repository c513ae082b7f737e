import { describe, expect, test, vi } from "vitest";

import type { EC2ClusterOptions } from "../../../providers/aws/index.ts";
import { messageOf } from "../../../src/errors.ts";
import { groupIn } from "../../../src/provider/tags.ts";
import { ownState } from "../../conformance/world.ts";
import { until } from "../../support/until.ts";
import { anHour, OpenCluster, TestAccount } from "./account.ts";

ownState();

/** Ordinary, GPU and large machines, as of one cluster. */
const THREE = {
  schedulerInstanceType: "m6i.large",
  diskSize: 30,
  tags: { team: "ml" },
  workers: {
    cpu: { count: 2, maximum: 50, instanceType: ["c7i.4xlarge", "c6i.4xlarge"], spot: "with-fallback" },
    gpu: {
      count: 1,
      maximum: 8,
      instanceType: "g6.xlarge",
      diskSize: 200,
      iamInstanceProfile: "dask-profile",
      keyName: "my-key",
      tags: { kind: "gpu" },
      resources: { GPU: 1 },
      dockerImage: "rapidsai/base:26.10",
    },
    big: { count: 1, maximum: 1, instanceType: "r7i.16xlarge", volumeTags: { kind: "scratch" } },
  },
} satisfies EC2ClusterOptions;

/** Machines by group: `gpu: g6.xlarge`, spot machines with a star. */
function census({ cloud }: TestAccount): readonly string[] {
  return cloud.machines
    .filter(({ state }) => state === "pending" || state === "running")
    .map(({ tags, instanceType, spot }) => `${groupIn(tags) ?? tags["role"]}: ${instanceType}${spot ? "*" : ""}`)
    .toSorted();
}

async function joined(cluster: OpenCluster): Promise<Readonly<Record<string, number>>> {
  const workers = await cluster.workers();
  const groups = workers.map(({ group = "" }) => group);
  return Object.fromEntries([...new Set(groups)].map((name) => [name, groups.filter((each) => each === name).length]));
}

describe("A cluster of three groups", () => {
  test("has each group's types, market, disks, tags, keys and profile, in one create call for each", async () => {
    await using account = await TestAccount.open({ boot: "paper" });
    const cluster = await account.cluster(THREE).start();
    expect(await joined(cluster)).toEqual({ cpu: 2, gpu: 1, big: 1 });
    expect(census(account)).toEqual([
      "big: r7i.16xlarge",
      "cpu: c7i.4xlarge*",
      "cpu: c7i.4xlarge*",
      "gpu: g6.xlarge",
      "scheduler: m6i.large",
    ]);
    expect(account.cloud.calls.count("RunInstances")).toBe(4);
    expect(account.cloud.calls.count("DescribeInstanceTypes")).toBe(1);
    expect(account.cloud.calls.count("DescribeInstanceTypeOfferings")).toBe(1);
    expect(account.cloud.calls.count("DescribeSubnets")).toBe(1);
    const { Reservations = [] } = await account.ask((ec2) => ec2.describeInstances({}));
    const { Volumes = [] } = await account.ask((ec2) => ec2.describeVolumes({}));
    const of = (name: string) => {
      const instance = Reservations.flatMap(({ Instances = [] }) => Instances).find(({ Tags = [] }) =>
        Tags.some(({ Key, Value }) => Key === "worker-group" && Value === name),
      );
      const volume = Volumes.find(({ Attachments = [] }) => Attachments[0]?.InstanceId === instance?.InstanceId);
      const { KeyName, IamInstanceProfile, Tags = [] } = instance ?? {};
      const tags = Object.fromEntries(Tags.map(({ Key = "", Value }) => [Key, Value]));
      const ofDisk = Object.fromEntries((volume?.Tags ?? []).map(({ Key = "", Value }) => [Key, Value]));
      return { key: KeyName, profile: IamInstanceProfile?.Arn, disk: volume?.Size, tags, ofDisk };
    };
    const name = (group: string): string => `${cluster.name}-${group}`;
    expect(of("gpu")).toMatchObject({ key: "my-key", disk: 200, tags: { Name: name("gpu"), team: "ml", kind: "gpu" } });
    expect(of("gpu").profile).toMatch(/dask-profile$/);
    expect(of("cpu")).toMatchObject({ key: undefined, profile: undefined, disk: 30, tags: { team: "ml" } });
    expect(of("cpu").tags).not.toHaveProperty("kind");
    expect(of("big")).toMatchObject({ disk: 30, ofDisk: { team: "ml", kind: "scratch", Name: name("big") } });
    // Told to each group's machines alone.
    const told = (group: string): string =>
      JSON.stringify(cluster.verbs.nodeExtras("worker", { group: groupOf(cluster, group) }));
    expect(
      ["cpu", "gpu", "big"].map((group) => [told(group).includes("rapidsai"), told(group).includes('"gpu":true')]),
    ).toEqual([
      [false, false],
      [true, true],
      [false, false],
    ]);
    expect(account.cloud.violations).toEqual([]);
    await cluster.close();
    expect(account.cloud.leftovers(cluster.name)).toEqual([]);
  });

  test("asks once for all images: each architecture's Ubuntu, and a group's own", async () => {
    await using account = await TestAccount.open();
    const { Images = [] } = await account.ask((ec2) =>
      ec2.describeImages({ Filters: [{ Name: "name", Values: ["Deep Learning*"] }] }),
    );
    const ami = Images[0]?.ImageId ?? "";
    account.cloud.calls.reset();
    const cluster = await account
      .cluster({
        region: account.cloud.region,
        workers: {
          arm: { count: 1, instanceType: "m7g.large" },
          gpu: { count: 1, instanceType: "g4dn.xlarge", ami, diskSize: 100 },
          mixed: { count: 1, instanceType: ["m7g.large", "m6i.large"] },
        },
      })
      .prepared();
    // The Ubuntu images may be remembered.
    expect(account.cloud.calls.count("DescribeImages")).toBeOneOf([1, 2]);
    for (const group of ["arm", "gpu", "mixed"]) await cluster.verbs.create(cluster.groupRequest(group, 1), anHour());
    const [arm, gpu, mixed] = account.cloud.machines;
    expect([arm?.architecture, gpu?.architecture, gpu?.imageId, mixed?.imageId]).toEqual([
      "arm64",
      "x86_64",
      ami,
      arm?.imageId,
    ]);
    expect(account.cloud.violations).toEqual([]);
  });

  test("loses no create call to EC2's own throttling, which all groups share", async () => {
    await using account = await TestAccount.open({ throttling: true, speed: 20 });
    const group = { instanceType: "m6i.large" };
    const cluster = await account.cluster({ apiRetries: 6, workers: { a: group, b: group, c: group } }).prepared();
    const made = await Promise.all(
      ["a", "b", "c"].map(async (name) => await cluster.verbs.create(cluster.groupRequest(name, 400), anHour())),
    );
    for (const { machines, shortfall } of made) expect([machines.length, shortfall]).toEqual([400, undefined]);
    expect(made).toHaveLength(3);
  });

  test("of 1 + 3 × 100 workers costs as many calls as one of 300", async () => {
    const calls = async (options: EC2ClusterOptions): Promise<Readonly<Record<string, number>>> => {
      await using account = await TestAccount.open({ boot: "paper", listLagMs: 0 });
      const cluster = await account.cluster(options).start();
      const operations = account.cloud.calls.operations();
      await cluster.close();
      expect(account.cloud.leftovers(cluster.name)).toEqual([]);
      const fixed = operations.filter((each) => !/^(?:DescribeInstances|GetConsoleOutput)$/.test(each));
      return Object.fromEntries(
        [...new Set(fixed)].map((name) => [name, fixed.filter((each) => each === name).length]),
      );
    };
    const group = { count: 100, instanceType: "m6i.large" };
    const one = await calls({ workers: { all: { ...group, count: 300 } } });
    const three = await calls({
      workers: { a: group, b: { ...group, diskSize: 50 }, c: { ...group, instanceType: "c6i.large" } },
    });
    expect(three).toEqual(one);
    expect(three["RunInstances"]).toBe(4);
  });
});

function groupOf(cluster: OpenCluster, name: string) {
  const group = cluster.groups.find((each) => each.name === name);
  if (group === undefined) throw new Error(`no group ${name}`);
  return group;
}

describe("A group without capacity", () => {
  test("does not hold up the others, and the start says which one it is", async () => {
    await using account = await TestAccount.open({
      boot: "paper",
      capacity: [{ instanceType: "g6.xlarge", instances: 0 }],
    });
    const cluster = account.cluster({
      ...THREE,
      workers: { ...THREE.workers, gpu: { ...THREE.workers.gpu, minWorkers: 0 } },
    });
    const warnings: string[] = [];
    cluster.onProgress((event) => {
      if (event.type === "warning") warnings.push(event.message);
    });
    await cluster.start();
    expect(await joined(cluster)).toEqual({ cpu: 2, big: 1 });
    expect(warnings.join("\n")).toMatch(/Group gpu: 0 of 1 machines: .*g6\.xlarge/su);
    account.cloud.capacity = [];
    await until("the GPU machine", async () => (await joined(cluster))["gpu"] === 1);
    expect(census(account)).toContain("gpu: g6.xlarge");
  });

  test("falls back to its own types and markets only", async () => {
    const spot = { market: "spot", instances: 0 } as const;
    await using account = await TestAccount.open({ capacity: [spot, { instanceType: "c7i.4xlarge", instances: 1 }] });
    const cluster = await account.cluster(THREE).prepared();
    const { machines, shortfall } = await cluster.verbs.create(cluster.groupRequest("cpu", 3), anHour());
    expect([machines.length, shortfall]).toEqual([3, undefined]);
    expect(census(account)).toEqual(["cpu: c6i.4xlarge", "cpu: c6i.4xlarge", "cpu: c7i.4xlarge"]);
    account.cloud.capacity = [{ instanceType: "g6.xlarge", instances: 0 }];
    await expect(cluster.verbs.create(cluster.groupRequest("gpu", 1), anHour())).resolves.toMatchObject({
      machines: [],
      shortfall: { code: "CAPACITY_UNAVAILABLE", message: expect.stringContaining("g6.xlarge in us-east-1b") },
    });
  });

  test("as its family's quota is used up, leaves the other families alone", async () => {
    await using account = await TestAccount.open({ quotas: { vcpus: { g: 0 } } });
    const cluster = await account.cluster(THREE).prepared();
    const [gpu, big] = await Promise.all(
      ["gpu", "big"].map(async (group) => await cluster.verbs.create(cluster.groupRequest(group, 1), anHour())),
    );
    expect(gpu).toMatchObject({ machines: [], shortfall: { code: "QUOTA_EXCEEDED" } });
    expect(big?.machines).toHaveLength(1);
  });
});

describe("A machine of a group", () => {
  test("that is lost is replaced by one of its own kind", async () => {
    await using account = await TestAccount.open({ boot: "paper" });
    const cluster = await account.cluster({ ...THREE, lostWorkerTimeoutMs: 200 }).start();
    const before = census(account);
    const lost = account.cloud.machines.filter(({ tags }) => ["gpu", "cpu"].includes(groupIn(tags) ?? ""));
    const [cpu, gpu] = [lost.find(({ spot }) => spot), lost.find(({ spot }) => !spot)];
    for (const machine of [cpu, gpu]) account.cloud.kill(machine?.id ?? "");
    await until("the replacements", async () => {
      const ids = (await cluster.workers()).map(({ machineId }) => machineId);
      return ids.length === 4 && !ids.includes(cpu?.id) && !ids.includes(gpu?.id);
    });
    expect(census(account)).toEqual(before);
  });

  test("that another process asks for is of the group's kind; remove() takes them all", async () => {
    await using account = await TestAccount.open({ boot: "paper" });
    const first = await account
      .cluster({ ...THREE, workers: { ...THREE.workers, gpu: { ...THREE.workers.gpu, count: 0 } } })
      .start();
    expect(census(account).some((machine) => machine.startsWith("gpu"))).toBe(false);
    await first.detach();
    vi.stubEnv("AWS_REGION", "ap-south-1");
    const second = await OpenCluster.attach(first.name);
    account.cloud.calls.reset();
    await second.scale({ gpu: 1 });
    expect(await joined(second)).toEqual({ cpu: 2, gpu: 1, big: 1 });
    expect(census(account)).toContain("gpu: g6.xlarge");
    expect(second.verbs.nodeExtras("worker", { group: groupOf(first, "gpu") }).gpu).toBe(true);
    expect(second.verbs.nodeExtras("worker", { group: groupOf(first, "cpu") }).gpu).toBe(false);
    const gpu = account.cloud.machines.find(({ tags }) => groupIn(tags) === "gpu");
    const disk = account.cloud.volumes.find(({ instanceId }) => instanceId === gpu?.id);
    expect(disk?.plan.sizeGiB).toBe(200);
    // Only what this group needs is looked up.
    expect(account.cloud.calls.count("DescribeInstanceTypes")).toBe(1);
    await second.detach();
    await OpenCluster.remove(first.name);
    expect(account.cloud.leftovers(first.name)).toEqual([]);
  });
});

describe("A group's place", () => {
  test("is where its type is, with the other groups near the scheduler", async () => {
    await using account = await TestAccount.open();
    const cluster = await account
      .cluster({
        availabilityZone: ["us-east-1a", "us-east-1c"],
        workers: { cpu: { instanceType: "m6i.large" }, gpu: { instanceType: "g6.xlarge" } },
      })
      .prepared();
    await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
    for (const group of ["cpu", "gpu"]) await cluster.verbs.create(cluster.groupRequest(group, 1), anHour());
    expect(account.cloud.machines.map(({ zone }) => zone)).toEqual(["us-east-1a", "us-east-1a", "us-east-1c"]);
  });

  test("can be zones and subnets of its own, in the cluster's VPC", async () => {
    await using account = await TestAccount.open();
    const { vpcId, subnetIds } = account.cloud.addVpc({
      subnets: [{ zone: "us-east-1a" }, { zone: "us-east-1b" }, { zone: "us-east-1c" }],
    });
    const [a = "", b = "", c = ""] = subnetIds;
    const cluster = await account
      .cluster({
        vpc: vpcId,
        availabilityZone: "us-east-1a",
        instanceType: "m6i.large",
        workers: { usual: {}, zone: { availabilityZone: "us-east-1b" }, subnet: { subnetId: c } },
      })
      .prepared();
    expect(account.cloud.calls.count("DescribeSubnets")).toBe(2);
    await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
    for (const group of ["usual", "zone", "subnet"])
      await cluster.verbs.create(cluster.groupRequest(group, 1), anHour());
    const subnets = account.cloud.networkInterfaces.map(({ subnet }) => subnet.id);
    expect(subnets).toEqual([a, a, b, c]);
  });
});

describe("Options of a group are checked as the cluster's", () => {
  const many = (count: number, prefix: string): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, nth) => [`${prefix}-${nth}`, "x"]));

  test.each<[EC2ClusterOptions, string]>([
    [
      { workers: { gpu: { tags: { "cluster-name": "mine" } } } },
      'The tag "cluster-name" of the `workers.gpu.tags` option is dask-fleet\'s own',
    ],
    [
      { workers: { gpu: { volumeTags: { "aws:x": "y" } } } },
      'The tag "aws:x" of the `workers.gpu.volumeTags` option begins with "aws:"',
    ],
    [
      { tags: many(30, "ours"), workers: { cpu: {}, gpu: { tags: many(30, "own") } } },
      "The `workers.gpu.tags` option has more than 43 tags, EC2's limit.",
    ],
    [
      { instanceTags: many(30, "ours"), workers: { cpu: {}, gpu: { tags: many(30, "own") } } },
      "The `workers.gpu.tags` and `instanceTags` options together have more than 43 tags, EC2's limit.",
    ],
    [
      { workers: { gpu: { runInstances: { UserData: "" } } } },
      "The `workers.gpu.runInstances` option cannot decide UserData",
    ],
    [{ workers: { gpu: { workerInstanceType: "g6.xlarge" } } } as EC2ClusterOptions, "workers.gpu.workerInstanceType"],
  ])("%j", async (options, message) => {
    await using account = await TestAccount.open();
    expect(() => account.cluster(options)).toThrow(message);
  });
});

describe("A mistake in a group's options names it, and leaves nothing behind", () => {
  test.each<[string, EC2ClusterOptions, string]>([
    [
      "an unknown type",
      { workers: { cpu: {}, gpu: { instanceType: "g99.xlarge" } } },
      "has no instance type g99.xlarge for gpu worker machines.",
    ],
    [
      "a type that its zone has not",
      { workers: { gpu: { instanceType: "g6.xlarge", availabilityZone: "us-east-1a" } } },
      "There is no g6.xlarge for gpu worker machines in us-east-1a; there is in us-east-1b, us-east-1c, us-east-1d.",
    ],
    [
      "types with and without GPUs",
      { workers: { gpu: { instanceType: ["g6.xlarge", "m6i.large"] } } },
      "All instance types of a gpu worker must be alike, but g6.xlarge has NVIDIA GPUs, m6i.large has no NVIDIA GPUs.",
    ],
    [
      "an unknown image",
      { workers: { cpu: {}, gpu: { ami: "ami-0123456789abcdef0" } } },
      "The image ami-0123456789abcdef0, which `workers.gpu.ami` names, does not exist in the region us-east-1.",
    ],
    [
      "a parameter that EC2 does not know",
      { workers: { gpu: { runInstances: { CpuOption: {} } } } },
      "EC2's RunInstances takes no CpuOption (the `workers.gpu.runInstances` option).",
    ],
  ])("%s", async (_, options, message) => {
    await using account = await TestAccount.open();
    const error = await account
      .cluster(options)
      .start()
      .catch((reason: unknown) => reason);
    expect(messageOf(error)).toContain(message);
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect([
      account.mutations,
      account.cloud.machines,
      account.cloud.securityGroups.filter(({ name }) => name !== "default"),
    ]).toEqual([[], [], []]);
  });

  test("an image of another architecture, or larger than its disk", async () => {
    await using account = await TestAccount.open();
    const { Images = [] } = await account.ask((ec2) =>
      ec2.describeImages({ Filters: [{ Name: "name", Values: ["al2023*x86_64", "Deep Learning*"] }] }),
    );
    const [large, small] = Images.toSorted((a, b) => (b.Name ?? "").localeCompare(a.Name ?? ""));
    const told = async (options: EC2ClusterOptions): Promise<string> =>
      messageOf(
        await account
          .cluster(options)
          .start()
          .catch((reason: unknown) => reason),
      );
    expect(await told({ ami: small?.ImageId, workers: { arm: { instanceType: "m7g.large" } } })).toContain(
      `The image ${small?.ImageId} is for x86_64, but the instance type m7g.large is arm64. Set \`workers.arm.ami\`.`,
    );
    expect(await told({ workers: { cpu: {}, gpu: { ami: large?.ImageId, diskSize: 50 } } })).toContain(
      `Expected the \`workers.gpu.diskSize\` option to be at least 75, the size of the image ${large?.ImageId} for gpu worker machines, got \`50\` (number)`,
    );
    expect(account.mutations).toEqual([]);
  });

  test("user data that EC2 would not take of this group alone", async () => {
    await using account = await TestAccount.open();
    const noise = Array.from({ length: 16_000 }, () => String.fromCharCode(33 + Math.floor(Math.random() * 90))).join(
      "",
    );
    const cluster = account.cluster({ workers: { cpu: { count: 1 }, gpu: { count: 1, envVars: { NOISE: noise } } } });
    await expect(cluster.start()).rejects.toMatchObject({ code: "USER_DATA_TOO_LARGE" });
    expect(account.cloud.calls.count()).toBe(0);
  });
});
