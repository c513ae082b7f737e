import { describe, expect, test } from "vitest";

import { messageOf } from "../../../src/errors.ts";
import type { Machine } from "../../../src/provider/machine.ts";
import { clusterTags } from "../../../src/provider/tags.ts";
import { anHour, type OpenCluster, TestAccount } from "./account.ts";

async function workers(cluster: OpenCluster, count: number, token?: string): Promise<readonly Machine[]> {
  const { machines, shortfall } = await cluster.verbs.create(cluster.request("worker", count, token), anHour());
  expect({ shortfall, count: machines.length }).toEqual({ shortfall: undefined, count });
  return machines;
}

function unlisted(id: string): Machine {
  return { id, nodeName: id, role: "worker", state: "running" };
}

describe("list", () => {
  test("reads every page and returns only this cluster's machines", async () => {
    await using account = await TestAccount.open({ pageSize: 7 });
    const cluster = await account.cluster().prepared();
    const other = await account.cluster().prepared();
    const machines = await workers(cluster, 30);
    await workers(other, 5);
    await expect.poll(async () => (await cluster.verbs.list(anHour())).length).toBe(30);
    account.cloud.calls.reset();
    const listed = await cluster.verbs.list(anHour());
    expect(new Set(listed.map(({ id }) => id))).toEqual(new Set(machines.map(({ id }) => id)));
    expect(listed.every(({ role, privateAddress }) => role === "worker" && privateAddress !== undefined)).toBe(true);
    expect(account.cloud.calls.count("DescribeInstances")).toBe(5);
  });

  test("a thousand machines are one page", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster().prepared();
    await workers(cluster, 1000);
    await expect.poll(async () => (await cluster.verbs.list(anHour())).length, { timeout: 20_000 }).toBe(1000);
    account.cloud.calls.reset();
    await cluster.verbs.list(anHour());
    expect(account.cloud.calls.count()).toBe(1);
  });

  test("includes machines that are ending, which are still billed, and none that are gone", async () => {
    await using account = await TestAccount.open({ speed: 100 });
    const cluster = await account.cluster().prepared();
    const machines = await workers(cluster, 1);
    const states = async (): Promise<readonly string[]> =>
      (await cluster.verbs.list(anHour())).map(({ state }) => state);
    await expect.poll(states).toEqual(["running"]);
    await cluster.verbs.destroy(machines, anHour());
    expect(await states()).toEqual(["ending"]);
    await expect.poll(states).toEqual([]);
  });
});

describe("destroy", () => {
  test("machines that are gone or never existed do not block the others", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ listLagMs: 50 }).prepared();
    const machines = await workers(cluster, 3);
    await expect.poll(async () => (await cluster.verbs.list(anHour())).length).toBe(3);
    account.cloud.calls.reset();
    await cluster.verbs.destroy(
      [unlisted("i-0fffffffffffffff0"), ...machines, unlisted("i-0fffffffffffffff1")],
      anHour(),
    );
    await expect
      .poll(() => account.cloud.machines.map(({ state }) => state))
      .toEqual(["terminated", "terminated", "terminated"]);
    expect(account.cloud.calls.count("TerminateInstances")).toBe(2);
    await cluster.verbs.destroy(machines, anHour());
  });

  test("a machine that EC2 does not know yet does not count as gone", async () => {
    await using account = await TestAccount.open({ listLagMs: 300_000 });
    const cluster = await account.cluster({ listLagMs: 10_000 }).prepared();
    const machines = await workers(cluster, 2);
    await expect(cluster.verbs.destroy(machines, anHour())).rejects.toThrow(
      /created i-\w+, i-\w+ a moment ago and does not find it yet/,
    );
    await expect
      .poll(() => cluster.verbs.destroy(machines, anHour()).then(() => "destroyed", messageOf), {
        timeout: 10_000,
      })
      .toBe("destroyed");
    await expect.poll(() => account.cloud.machines.every(({ state }) => state === "terminated")).toBe(true);
  });

  test("runs in batches of a thousand; a failed batch does not stop the others", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster({ apiRetries: 0 }).prepared();
    const machines = await workers(cluster, 1001);
    await expect.poll(async () => (await cluster.verbs.list(anHour())).length, { timeout: 20_000 }).toBe(1001);
    account.cloud.faults.onOperation("TerminateInstances", "error-before");
    await expect(cluster.verbs.destroy(machines, anHour())).rejects.toThrow("InternalError");
    const ended = account.cloud.machines.filter(({ state }) => state !== "running").length;
    expect([1, 1000]).toContain(ended);
    await cluster.verbs.destroy(machines, anHour());
    await expect
      .poll(() => account.cloud.machines.every(({ state }) => state === "terminated"), { timeout: 20_000 })
      .toBe(true);
  });
});

describe("find", () => {
  test("finds everything of one cluster or all clusters, by tags alone", async () => {
    await using account = await TestAccount.open();
    const one = await account.cluster().prepared();
    const two = account.cluster();
    const expiresAt = new Date("2026-12-01T00:00:00Z");
    await two.verbs.prepare({ tags: clusterTags(two, undefined, expiresAt), groups: [], expiresAt }, anHour());
    await workers(one, 2);
    const outsider = account.cluster();
    await expect.poll(async () => (await outsider.verbs.find(undefined, anHour())).length).toBe(6);
    const ofTwo = await outsider.verbs.find(two.name, anHour());
    const group = { kind: "security group", clusterName: two.name, expiresAt };
    expect(ofTwo).toMatchObject([group, group]);
    const kinds = (await outsider.verbs.find(one.name, anHour())).map(({ kind }) => kind);
    expect(kinds).toEqual(["instance", "instance", "security group", "security group"]);
  });

  test("a disk that outlives its machine is found and removed with the cluster", async () => {
    await using account = await TestAccount.open();
    const cluster = await account.cluster().prepared();
    const Tags = Object.entries(clusterTags(cluster, "worker", undefined)).map(([Key, Value]) => ({ Key, Value }));
    const { Images: [image] = [] } = await account.ask((ec2) => ec2.describeImages({ Owners: ["amazon"] }));
    const { Instances: [instance] = [] } = await account.ask((ec2) =>
      ec2.runInstances({
        MinCount: 1,
        MaxCount: 1,
        ImageId: image?.ImageId,
        InstanceType: image?.Architecture === "arm64" ? "m7g.large" : "m6i.large",
        BlockDeviceMappings: [{ DeviceName: image?.RootDeviceName, Ebs: { DeleteOnTermination: false } }],
        TagSpecifications: [{ ResourceType: "volume", Tags }],
      }),
    );
    const InstanceIds = [instance?.InstanceId ?? ""];
    await expect
      .poll(() => account.ask((ec2) => ec2.terminateInstances({ InstanceIds })).then(() => "done", messageOf))
      .toBe("done");
    const kinds = async (): Promise<readonly string[]> =>
      (await cluster.verbs.resources(anHour())).map(({ kind }) => kind);
    await expect.poll(kinds).toEqual(["security group", "security group", "volume"]);
    await cluster.verbs.release(anHour());
    await expect.poll(kinds).toEqual([]);
  });
});

describe("console", () => {
  test("returns the console output, or an empty string", async () => {
    await using account = await TestAccount.open({ boot: "paper" });
    account.cloud.paper.dud = () => "cloud-init failed: \u001b[31mno space left\u001b[0m\r";
    const cluster = await account.cluster().prepared();
    const [machine] = await workers(cluster, 1);
    if (machine === undefined) throw new Error("No machine");
    await expect.poll(() => cluster.verbs.console(machine, anHour())).toContain("cloud-init failed: no space left\n");
    expect(await cluster.verbs.console(unlisted("i-0fffffffffffffff0"), anHour())).toBe("");
  });

  test("says why EC2 ended a machine", async () => {
    await using account = await TestAccount.open({ boot: "paper" });
    const cluster = await account.cluster({ spot: true }).prepared();
    const [machine] = await workers(cluster, 1);
    if (machine === undefined) throw new Error("No machine");
    await expect.poll(async () => (await cluster.verbs.list(anHour())).length).toBe(1);
    account.cloud.kill(machine.id);
    await expect
      .poll(() => cluster.verbs.console(machine, anHour()))
      .toMatch(/EC2 interrupted and reclaimed the spot machine\. \(Server\.SpotInstanceTermination/);
  });

  test("works for machines before Nitro", async () => {
    await using account = await TestAccount.open({ boot: "paper", consoleLagMs: 0 });
    account.cloud.paper.dud = () => "kernel panic";
    const cluster = await account.cluster({ instanceType: "t2.large" }).prepared();
    const [machine] = await workers(cluster, 1);
    if (machine === undefined) throw new Error("No machine");
    await expect.poll(() => cluster.verbs.console(machine, anHour())).toContain("kernel panic");
  });
});
