import type { SubnetworkOptions } from "@dask-fleet/simulated-clouds/gcp";
import { describe, expect, test } from "vitest";

import type { GCPClusterOptions } from "../../../providers/gcp/index.ts";
import { ownState } from "../../conformance/world.ts";
import { OpenCluster, TestProject } from "./project.ts";

ownState();

/** Where a launcher on this computer comes from, as an IPv6 address. */
const HERE = "::ffff:127.0.0.1/128";
const IPV6 = /^tls:\/\/\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\]:8786$/u;

type Stack = Pick<SubnetworkOptions, "stackType" | "ipv6AccessType">;

async function inSubnet(
  stack: Stack,
  options: GCPClusterOptions = {},
): Promise<{ project: TestProject; cluster: OpenCluster }> {
  const subnetworks = [{ name: "six", region: "us-east1", ...stack }];
  const project = await TestProject.open({ boot: "paper", networks: [{ name: "lan", subnetworks }] });
  const cluster = project.cluster({
    nWorkers: 2,
    zone: "us-east1-c",
    network: "lan",
    allowedCidrs: [HERE],
    ...options,
  });
  return { project, cluster };
}

describe("an IPv6-only subnet", () => {
  test("with external addresses runs a cluster over IPv6", async () => {
    const { project, cluster } = await inSubnet({ stackType: "IPV6_ONLY" });
    await using _ = project;
    await cluster.start();
    expect(cluster.schedulerAddress).toMatch(IPV6);
    expect((await cluster.workers()).map(({ address }) => address)).toEqual(
      Array.from({ length: 2 }, () => expect.stringMatching(/^tls:\/\/\[::ffff:/u)),
    );
    const address = cluster.schedulerAddress;
    await cluster.detach();
    const other = await OpenCluster.attach(cluster.name);
    expect(other.schedulerAddress).toBe(address);
    await other.scale(3);
    await other.close();
    expect([project.cloud.leftovers(cluster.name), project.cloud.violations]).toEqual([[], []]);
  });

  test("with internal addresses runs one that is reachable from inside", async () => {
    const stack: Stack = { stackType: "IPV6_ONLY", ipv6AccessType: "INTERNAL" };
    const { project, cluster } = await inSubnet(stack, { publicIp: false, nWorkers: 1 });
    await using _ = project;
    await cluster.start();
    expect(cluster.schedulerAddress).toMatch(IPV6);
    await cluster.close();
    expect([project.cloud.leftovers(cluster.name), project.cloud.violations]).toEqual([[], []]);
  });

  const internal: Stack = { stackType: "IPV6_ONLY", ipv6AccessType: "INTERNAL" };
  const external: Stack = { stackType: "IPV6_ONLY" };
  test.each<[string, Stack, GCPClusterOptions, RegExp]>([
    ["public addresses where there are internal ones only", internal, {}, /internal addresses.*`publicIp` to false/u],
    ["no public addresses where all are public", external, { publicIp: false }, /every machine has a public one/u],
    ["nobody with IPv6 may come in", external, { allowedCidrs: ["10.0.0.0/8"] }, /IPv6 address only.*IPv6-only/u],
  ])("refuses before anything is created what cannot work: %s", async (_what, stack, options, words) => {
    const { project, cluster } = await inSubnet(stack, options);
    await using _ = project;
    await expect(cluster.start()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(words),
    });
    expect(project.mutations).toEqual([]);
  });
});

describe("a dual-stack subnet", () => {
  test("uses IPv4, unless only IPv6 addresses may reach the scheduler", async () => {
    const { project, cluster } = await inSubnet(
      { stackType: "IPV4_IPV6" },
      { allowedCidrs: ["127.0.0.1/32", HERE], nWorkers: 1 },
    );
    await using _ = project;
    await cluster.start();
    expect(cluster.schedulerAddress).toMatch(/^tls:\/\/127\./u);
    await cluster.close();
    const six = project.cluster({ nWorkers: 1, zone: "us-east1-c", network: "lan", allowedCidrs: [HERE] });
    await six.start();
    expect(six.schedulerAddress).toMatch(IPV6);
    expect((await six.workers())[0]?.address).toMatch(/^tls:\/\/127\./u);
    await six.close();
    expect([project.cloud.leftovers(six.name), project.cloud.violations]).toEqual([[], []]);
  });

  test("with internal IPv6 addresses refuses IPv6 clients from outside", async () => {
    const { project, cluster } = await inSubnet({ stackType: "IPV4_IPV6", ipv6AccessType: "INTERNAL" });
    await using _ = project;
    await expect(cluster.start()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/IPv4 address only.*six gives no public IPv6/u),
    });
    expect(project.mutations).toEqual([]);
  });
});
