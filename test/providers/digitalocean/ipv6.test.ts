import { expect, test } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { OpenCluster, TestAccount } from "./account.ts";

isolatedState();

/** Where a launcher on this computer comes from, as an IPv6 address. */
const HERE = "::ffff:127.0.0.1/128";
const QUICK = { throttling: false, listLagMs: 0, boot: "paper" } as const;

test("with `ipv6`, IPv6-only clients reach the scheduler's public IPv6 address; members use IPv4", async () => {
  await using account = await TestAccount.open(QUICK);
  const cluster = account.cluster({
    nWorkers: 1,
    security: true,
    allowedCidrs: [HERE],
    extraDropletOptions: { ipv6: true },
  });
  await cluster.start();
  const address = cluster.schedulerAddress;
  expect(address).toMatch(/^tls:\/\/\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\]:8786$/u);
  expect((await cluster.workers())[0]?.address).toMatch(/^tls:\/\/127\./u);
  await cluster.detach();
  const other = await OpenCluster.attach(cluster.name);
  expect(other.schedulerAddress).toBe(address);
  await other.close();
  expect(account.cloud.violations).toEqual([]);
});

test("with `ipv6`, dual-stack clients use IPv4", async () => {
  await using account = await TestAccount.open(QUICK);
  const allowedCidrs = [HERE, "127.0.0.1/32"];
  const cluster = account.cluster({ nWorkers: 0, security: true, allowedCidrs, extraDropletOptions: { ipv6: true } });
  await cluster.start();
  expect(cluster.schedulerAddress).toMatch(/^tls:\/\/127\./u);
  await cluster.close();
});

test.each([
  ["from outside", {}, /IPv4 address only.*extraDropletOptions.*ipv6: true.*2001:db8::\/32/u],
  ["from inside", { publicIp: false, extraDropletOptions: {} }, /IPv4 address only.*VPC networks/u],
])("without `ipv6`, IPv6-only clients are refused before anything is created, %s", async (_where, options, words) => {
  await using account = await TestAccount.open(QUICK);
  const cluster = account.cluster({ nWorkers: 1, allowedCidrs: ["2001:db8::/32"], ...options });
  await expect(cluster.start()).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(words),
  });
  expect(account.cloud.machines).toEqual([]);
});
