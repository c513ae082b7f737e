import { describe, expect, test } from "vitest";

import { withoutUnread } from "../../../providers/aws/api/lean-instances.ts";
import { LivingMachines } from "../../../providers/aws/machines/living-machines.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { patient } from "../../support/patience.ts";
import { anHour, type OpenCluster, TestAccount } from "./account.ts";

const NOT_RUNNING = { notRunning: true };

async function running(cluster: OpenCluster, count: number): Promise<readonly Machine[]> {
  await cluster.verbs.create(cluster.request("worker", count), anHour());
  const states = async (): Promise<readonly string[]> => (await cluster.verbs.list(anHour())).map(({ state }) => state);
  await expect.poll(states, { timeout: patient(5000) }).toEqual(Array.from({ length: count }, () => "running"));
  return await cluster.verbs.list(anHour());
}

describe("a list of machines that do not run", () => {
  test("is one short answer while all is well, boots included", async () => {
    await using account = await TestAccount.open({ pendingMs: 3_600_000 });
    const cluster = await account.cluster().prepared();
    await cluster.verbs.create(cluster.request("worker", 20), anHour());
    await expect.poll(async () => (await cluster.verbs.list(anHour())).length, { timeout: patient(5000) }).toBe(20);
    account.cloud.calls.reset();
    expect(await cluster.verbs.list(anHour(), NOT_RUNNING)).toEqual([]);
    expect(account.cloud.calls.count()).toBe(1);
  });

  test("tells of a machine that somebody else has terminated, while it ends and after", async () => {
    await using account = await TestAccount.open({ speed: 100 });
    const cluster = await account.cluster().prepared();
    const [lost] = await running(cluster, 3);
    const id = lost?.id ?? "";
    account.cloud.kill(id);
    const troubled = async (): Promise<readonly Machine[]> => await cluster.verbs.list(anHour(), NOT_RUNNING);
    await expect.poll(troubled, { timeout: patient(5000) }).toMatchObject([{ id, state: "ending" }]);
    await expect
      .poll(() => account.cloud.machines.find((machine) => machine.id === id)?.state, { timeout: patient(5000) })
      .toBe("terminated");
    expect(await troubled()).toMatchObject([{ id, role: "worker", state: "ending" }]);
    // A full list lacks it, and then it is forgotten.
    expect(await cluster.verbs.list(anHour())).toHaveLength(2);
    expect(await troubled()).toEqual([]);
  });

  test("does not tell of machines that this process has terminated once they are gone", async () => {
    await using account = await TestAccount.open({ speed: 100 });
    const cluster = await account.cluster().prepared();
    const machines = await running(cluster, 2);
    await cluster.verbs.destroy(machines, anHour());
    await expect
      .poll(() => account.cloud.machines.map(({ state }) => state), { timeout: patient(5000) })
      .toEqual(["terminated", "terminated"]);
    expect(await cluster.verbs.list(anHour(), NOT_RUNNING)).toEqual([]);
  });
});

describe("the instances known to be alive", () => {
  test("an hour's terminated instances are not listed once they are many", () => {
    let now = 0;
    const living = new LivingMachines(() => now);
    const ids = Array.from({ length: 1000 }, (_, nth) => `i-${nth}`);
    living.add(ids);
    living.ended(ids.slice(0, 200));
    expect(living.mayAskForTerminated).toBe(true);
    living.ended(ids.slice(200, 201));
    expect(living.mayAskForTerminated).toBe(false);
    now += 3_600_001;
    expect(living.mayAskForTerminated).toBe(true);
  });

  test("an accepted termination outweighs a list that still shows the instance", () => {
    const living = new LivingMachines();
    living.add(["i-1", "i-2", "i-3"]);
    living.ended(["i-1"]);
    living.add(["i-1"]);
    living.keepOnly(new Set(["i-1", "i-2"]), new Set());
    expect(["i-1", "i-2", "i-3"].map((id) => living.has(id))).toEqual([false, true, false]);
  });
});

describe("an answer without what nobody reads", () => {
  const read =
    "<instanceId>i-1</instanceId><instanceState><code>16</code><name>running</name></instanceState>" +
    "<privateIpAddress>10.0.0.1</privateIpAddress><launchTime>2026-11-30T00:00:00.000Z</launchTime>" +
    "<tagSet><item><key>vpcId</key><value>&lt;vpcId&gt;v&lt;/vpcId&gt;</value></item></tagSet>";
  const inside =
    "<networkInterfaceId>eni-1</networkInterfaceId><groupSet><item><groupId>sg-1</groupId></item></groupSet>" +
    "<privateIpAddressesSet><item><privateIpAddress>10.0.0.1</privateIpAddress></item></privateIpAddressesSet>";
  const around = (parts: string): string =>
    `<DescribeInstancesResponse><reservationSet><item><groupSet/><instancesSet><item>${parts}</item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;

  test("has all that is read, and no interfaces", () => {
    const parts = `${read}<vpcId>vpc-1</vpcId><blockDeviceMapping><item><ebs><status>attached</status></ebs></item></blockDeviceMapping><networkInterfaceSet><item>${inside}</item></networkInterfaceSet>`;
    expect(withoutUnread(around(`${parts}${parts}`))).toBe(around(`${read}${read}`));
  });

  test("keeps the interface that has the only IPv6 address", () => {
    const six = "<ipv6AddressesSet><item><ipv6Address>2600::1</ipv6Address></item></ipv6AddressesSet>";
    const lean = withoutUnread(
      around(`${read}<networkInterfaceSet><item>${inside}${six}</item></networkInterfaceSet>`),
    );
    expect(lean).toContain(six);
    expect(lean).not.toContain("sg-1");
  });

  test.each([
    "",
    "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message></Error></Errors></Response>",
    "<networkInterfaceSet><item>cut off",
    "<html><body>a proxy</body></html>",
  ])("leaves anything else as it is: %s", (text) => {
    expect(withoutUnread(text)).toBe(text);
  });
});
