import { SimulatedEc2 } from "@dask-fleet/simulated-clouds/ec2";
import { expect, test } from "vitest";

import { ownState } from "../conformance/world.ts";
import { EC2 } from "./clouds/all.ts";
import { IPV6_GATEWAY } from "./lab/ranges.ts";
import { COMPUTE } from "./programs.ts";
import { RealWorld } from "./real-world.ts";
import { expectTold } from "./told.ts";

ownState();

test("machines of an IPv6-only subnet read user data over IPv6 and compute for an IPv6 client", async () => {
  await using real = await RealWorld.open(EC2, { ipv6: true });
  const { cloud } = real.world.cloud;
  if (!(cloud instanceof SimulatedEc2)) throw new Error("This is not EC2");
  const { subnetIds } = cloud.addVpc({ subnets: [{ zone: "us-east-1b", stack: "ipv6" }] });
  const options = { subnetId: subnetIds[0], allowedCidrs: [`${IPV6_GATEWAY}/128`] };
  const cluster = real.cluster({ nWorkers: 1, startTimeoutMs: 150_000, extraBootstrap: ["true"], ...options });
  await cluster.start();
  expect(cluster.schedulerAddress).toMatch(/^tls:\/\/\[2001:db8:77::[0-9a-f:]+\]:8786$/u);

  const names = real.world.workers.map(({ nodeName }) => nodeName);
  expect((await real.python.run(cluster, COMPUTE)).split(" ")).toEqual(["328350", ...names]);

  for (const machine of [real.scheduler, ...real.workers]) {
    expect(await machine.sh("ip -4 -oneline address show dev eth0")).toBe("");
    // Without a lease for IPv4 it is found once eth0 has its IPv6 address, and not before (DataSourceEc2Local).
    expect(await machine.sh("cloud-init status --wait --long")).toMatch(/status: done[^]*\nDataSourceEc2/u);
    await expectTold(machine);
  }
  const listens = async (machine: (typeof real)["scheduler"]): Promise<string> =>
    await machine.sh("ss --no-header --listening --tcp --numeric | awk '{ print $4 }' | sort");
  expect((await listens(real.scheduler)).split("\n")).toEqual(expect.arrayContaining(["[::]:8786", "*:8788"]));
  for (const worker of real.workers) {
    const { ipv6Address = "none" } = worker.input;
    for (const line of (await listens(worker)).split("\n").filter((each) => !/^(?:127\.|\[::1\])/u.test(each))) {
      expect(line).toContain(`[${ipv6Address}]:`);
    }
  }
  await cluster.close();
  expect(await real.world.end()).toEqual({ violations: [], left: [], files: [] });
}, 240_000);
