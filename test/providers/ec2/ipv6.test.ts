import type { Subnet } from "@aws-sdk/client-ec2";
import type { SubnetStack } from "@dask-fleet/simulated-clouds/ec2";
import { describe, expect, test } from "vitest";

import type { EC2ClusterOptions } from "../../../providers/aws/index.ts";
import { runInstancesRequest } from "../../../providers/aws/machines/run-instances.ts";
import { kindNetworks, onePerZone } from "../../../providers/aws/network/network.ts";
import { ownState } from "../../conformance/world.ts";
import { anHour, OpenCluster, TestAccount } from "./account.ts";
import { candidate, request, resolved, runInput } from "./samples.ts";

ownState();

/** Where a launcher on this computer comes from, as an IPv6 address. */
const HERE = "::ffff:127.0.0.1/128";
const IPV6 = /^tls:\/\/\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\]:8786$/u;

async function inSubnet(
  stack: SubnetStack,
  options: EC2ClusterOptions = {},
): Promise<{ account: TestAccount; cluster: OpenCluster; subnetId: string }> {
  const account = await TestAccount.open({ boot: "paper" });
  const { subnetIds } = account.cloud.addVpc({ subnets: [{ zone: "us-east-1b", publicByDefault: true, stack }] });
  const [subnetId = ""] = subnetIds;
  const cluster = account.cluster({ nWorkers: 2, subnetId, allowedCidrs: [HERE], ...options });
  return { account, cluster, subnetId };
}

describe("an IPv6-only subnet", () => {
  test("runs a cluster over IPv6, which another process finds and removes without a trace", async () => {
    const { account, cluster } = await inSubnet("ipv6");
    await using _ = account;
    const warnings: string[] = [];
    cluster.onProgress((event) => void (event.type === "warning" && warnings.push(event.message)));
    await cluster.start();
    expect(warnings).toEqual([expect.stringMatching(/IPv6 addresses only.*ghcr\.io\/dask.*dockerImage/u)]);
    expect(cluster.schedulerAddress).toMatch(IPV6);
    expect(cluster.clientEnv()["DASK_SCHEDULER_ADDRESS"]).toBe(cluster.schedulerAddress);
    expect((await cluster.workers()).map(({ address }) => address)).toEqual(
      Array.from({ length: 2 }, () => expect.stringMatching(/^tls:\/\/\[::ffff:/u)),
    );
    const address = cluster.schedulerAddress;
    await cluster.detach();
    const other = await OpenCluster.attach(cluster.name);
    expect(other.schedulerAddress).toBe(address);
    await other.scale(3);
    await other.close();
    expect([account.cloud.leftovers(cluster.name), account.cloud.violations]).toEqual([[], []]);
  });

  test("gives workers the scheduler's address, even if EC2 reports it late", async () => {
    await using account = await TestAccount.open({ boot: "paper", ipv6Ms: 2000 });
    const { subnetIds } = account.cloud.addVpc({ subnets: [{ zone: "us-east-1b", stack: "ipv6" }] });
    const cluster = account.cluster({ nWorkers: 1, subnetId: subnetIds[0], allowedCidrs: [HERE] });
    await cluster.start();
    expect(cluster.schedulerAddress).toMatch(IPV6);
    await cluster.close();
    expect([account.cloud.leftovers(cluster.name), account.cloud.violations]).toEqual([[], []]);
  });

  test("is reachable from inside only, without public addresses", async () => {
    const { account, cluster } = await inSubnet("ipv6", { publicIp: false, allowedCidrs: undefined });
    await using _ = account;
    await cluster.prepared();
    const groups = await account.groupsOf(cluster.name);
    const ranges = groups
      .flatMap(({ IpPermissions = [] }) => IpPermissions)
      .flatMap(({ Ipv6Ranges = [] }) => Ipv6Ranges);
    const { Vpcs = [] } = await account.ask((ec2) => ec2.describeVpcs({ VpcIds: [groups[0]?.VpcId ?? ""] }));
    const own = Vpcs[0]?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock;
    expect(ranges.map(({ CidrIpv6 }) => CidrIpv6)).toEqual([own, own]);
  });

  test("admits this computer by its IPv6 address, even if the address service saw IPv4", async () => {
    const { account, cluster } = await inSubnet("ipv6", { allowedCidrs: undefined });
    await using _ = account;
    const addressed = account.cluster({
      name: `${cluster.name}-b`,
      subnetId: (
        await account.ask((ec2) => ec2.describeSubnets({ Filters: [{ Name: "ipv6-native", Values: ["true"] }] }))
      ).Subnets?.[0]?.SubnetId,
      allowedCidrs: undefined,
      addressService: `${account.cloud.endpoint}/checkip`,
      nWorkers: 1,
    });
    await addressed.start();
    expect(addressed.schedulerAddress).toMatch(IPV6);
    await addressed.close();
    expect(account.cloud.violations).toEqual([]);
  });

  test.each<[string, EC2ClusterOptions, RegExp]>([
    [
      "nobody with IPv6 may come in",
      { allowedCidrs: ["203.0.113.0/24"] },
      /IPv6 address only.*IPv6-only.*allowedCidrs/u,
    ],
    ["a type needs IPv4", { workerInstanceType: "t2.micro" }, /IPv6-only.*t2\.micro.*Nitro/u],
  ])("refuses before anything is created what cannot work: %s", async (_what, options, words) => {
    const { account, cluster } = await inSubnet("ipv6", options);
    await using _ = account;
    await expect(cluster.start()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(words),
    });
    expect(account.mutations).toEqual([]);
  });
});

describe("a dual-stack subnet", () => {
  test("uses IPv4, unless only IPv6 addresses may reach the scheduler", async () => {
    const { account, cluster, subnetId } = await inSubnet("dual", { allowedCidrs: ["127.0.0.1/32", HERE] });
    await using _ = account;
    await cluster.start();
    expect(cluster.schedulerAddress).toMatch(/^tls:\/\/127\./u);
    expect(account.cloud.machines.map(({ ipv6Address }) => ipv6Address)).toEqual([undefined, undefined, undefined]);
    await cluster.close();

    const six = account.cluster({ nWorkers: 1, subnetId, allowedCidrs: [HERE] });
    await six.start();
    expect(six.schedulerAddress).toMatch(IPV6);
    expect((await six.workers())[0]?.address).toMatch(/^tls:\/\/127\./u);
    const address = six.schedulerAddress;
    await six.detach();
    const other = await OpenCluster.attach(six.name);
    expect(other.schedulerAddress).toBe(address);
    await other.close();
    expect([account.cloud.leftovers(six.name), account.cloud.violations]).toEqual([[], []]);
  });
});

test("an IPv4-only subnet refuses IPv6-only clients before anything is created", async () => {
  await using account = await TestAccount.open();
  const cluster = account.cluster({ allowedCidrs: ["2001:db8::/32"] });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(/IPv4 address only .*IPv4-only.*2001:db8::\/32/u),
  });
  expect(account.mutations).toEqual([]);
});

test("a machine without IPv4 requests an IPv6 address and IMDS over IPv6", () => {
  const asked = runInstancesRequest(runInput({ candidate: { ...candidate, stack: "ipv6" }, clients: 6 }));
  expect(asked.MetadataOptions?.HttpProtocolIpv6).toBe("enabled");
  expect(asked.NetworkInterfaces?.[0]).toMatchObject({ Ipv6AddressCount: 1 });
  expect(asked.NetworkInterfaces?.[0]).not.toHaveProperty("AssociatePublicIpAddress");
});

test("only a dual-stack scheduler for IPv6 clients gets an IPv6 address", () => {
  const of = (role: "scheduler" | "worker", clients: 4 | 6): unknown =>
    runInstancesRequest(
      runInput({
        candidate: { ...candidate, stack: "dual" },
        clients,
        request: { ...request, role },
        options: resolved(),
      }),
    ).NetworkInterfaces?.[0];
  expect(of("scheduler", 6)).toMatchObject({ Ipv6AddressCount: 1, AssociatePublicIpAddress: true });
  expect(of("scheduler", 4)).not.toHaveProperty("Ipv6AddressCount");
  expect(of("worker", 6)).not.toHaveProperty("Ipv6AddressCount");
});

describe("subnets of several kinds", () => {
  const subnet = (SubnetId: string, Ipv6Native: boolean, letter = "a"): Subnet => ({
    SubnetId,
    VpcId: "vpc-1",
    AvailabilityZone: `us-east-1${letter}`,
    Ipv6Native,
    MapPublicIpOnLaunch: true,
  });

  const wishes = (...subnets: readonly string[]) => ({
    subnets,
    zones: [],
    zoneOption: "availabilityZone",
    zonesChoose: false,
    isPublic: true,
  });

  test("are refused together", () => {
    const given = [subnet("s4", false), subnet("s6", true)];
    const words = "The subnet s6 is IPv6-only and s4 is not";
    expect(() => kindNetworks({ given, all: [] }, [wishes("s4", "s6")])).toThrow(words);
    // One for a group, the other for the rest.
    expect(() => kindNetworks({ given, all: [] }, [wishes("s4"), wishes("s6")])).toThrow(words);
  });

  test("use IPv4 addresses where all of them have DNS64", () => {
    const dns64 = (...each: readonly boolean[]): boolean | undefined => {
      const given = each.map((EnableDns64, index) => ({ ...subnet(`s${index}`, true), EnableDns64 }));
      return kindNetworks({ given, all: [] }, [wishes("s0", "s1")])[0]?.dns64;
    };
    expect([dns64(true, true), dns64(true, false)]).toEqual([true, false]);
  });

  test("are chosen from those with IPv4, where the VPC has any", () => {
    const chosen = (subnets: readonly Subnet[]): unknown =>
      onePerZone(subnets, [], true).map(({ SubnetId }) => SubnetId);
    expect(chosen([subnet("s6", true), subnet("s4", false), subnet("t6", true, "b")])).toEqual(["s4"]);
    expect(chosen([subnet("s6", true), subnet("t6", true, "b")])).toEqual(["s6", "t6"]);
  });
});

test("the simulated EC2 leaves a machine without IPv4 alone whose metadata service has no IPv6", async () => {
  await using account = await TestAccount.open({ boot: "paper" });
  const { subnetIds } = account.cloud.addVpc({ subnets: [{ zone: "us-east-1b", stack: "ipv6" }] });
  const cluster = account.cluster({ subnetId: subnetIds[0], allowedCidrs: [HERE], nWorkers: 0 });
  await cluster.prepared();
  await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
  const { Reservations = [] } = await account.ask((ec2) => ec2.describeInstances({}));
  const instance = Reservations[0]?.Instances?.[0];
  expect(instance?.PrivateIpAddress ?? "").toBe("");
  expect(instance?.Ipv6Address).toMatch(/^::ffff:/u);
  expect(instance?.MetadataOptions?.HttpProtocolIpv6).toBe("enabled");
});
