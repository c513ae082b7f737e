import { describe, expect, test } from "vitest";

import type { ComputeApi } from "../../../providers/gcp/api/client.ts";
import { listInstances } from "../../../providers/gcp/machines/machines.ts";
import { clusterTags } from "../../../src/provider/tags.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { anHour, type OpenCluster, PATIENT, TestProject } from "./project.ts";

isolatedState();

async function withWorkers(project: TestProject, count: number, options = {}): Promise<OpenCluster> {
  const cluster = await project.cluster(options).prepared();
  await cluster.verbs.create(cluster.request("worker", count), anHour());
  return cluster;
}

describe("listing", () => {
  test("pages through all machines of the cluster in every zone, and no others", async () => {
    await using project = await TestProject.open({ pageSize: 4, capacity: [{ zone: "us-east1-c", vms: 7 }] });
    const cluster = await withWorkers(project, 10, { zones: ["us-east1-c", "europe-west1-b"] });
    const other = await withWorkers(project, 0);
    await other.verbs.create(other.request("scheduler", 1), anHour());
    const elsewhere = project.cluster({ name: cluster.name, zone: "us-central1-a" }).as(cluster);
    for (const each of [cluster, elsewhere]) {
      const listed = await each.verbs.list(anHour());
      expect(listed).toHaveLength(10);
      expect(new Set(listed.map(({ id }) => id.split("/")[0]))).toEqual(new Set(["us-east1-c", "europe-west1-b"]));
    }
  });

  test("shows stopped, deleted and, after a failed deletion, restored machines", async () => {
    await using project = await TestProject.open({ stoppingMs: 2_000_000, listLagMs: 0 });
    const cluster = await withWorkers(project, 3, { listLagMs: 300 });
    const [one, two] = await cluster.verbs.list(anHour());
    if (one === undefined || two === undefined) throw new Error("no machines");
    project.cloud.kill(two.id);
    await cluster.verbs.destroy([one], anHour());
    const states = async (): Promise<Record<string, string>> =>
      Object.fromEntries((await cluster.verbs.list(anHour())).map(({ id, state }) => [id, state]));
    const seen = await states();
    expect(seen[one.id]).toBe("ending");
    expect(seen[two.id]).toBe("stopped");
  });

  test("fails rather than take an unreachable zone for an empty one", async () => {
    const scopes = [["zones/us-east1-c", { warning: { code: "UNREACHABLE" } }]];
    const api = { project: "p", list: () => Promise.resolve(scopes) } as unknown as ComputeApi;
    const list = async (zone: string): Promise<unknown> =>
      await listInstances(api, { filter: "", zones: [zone] }, anHour());
    await expect(list("us-east1-c")).rejects.toThrow("cannot reach the zone us-east1-c");
    await expect(list("us-east1-b")).resolves.toEqual([]);
  });
});

describe("deleting", () => {
  test("takes one call each, and already gone is a success", async () => {
    await using project = await TestProject.open({ stoppingMs: 0, listLagMs: 0 });
    const cluster = await withWorkers(project, 45);
    const machines = await cluster.verbs.list(anHour());
    await cluster.verbs.destroy(machines, anHour());
    expect(project.cloud.calls.count("instances.delete")).toBe(45);
    await expect.poll(() => project.cloud.machines.length, PATIENT).toBe(0);
    await cluster.verbs.destroy(machines, anHour());
  });

  test("reports a failed one and goes on", async () => {
    await using project = await TestProject.open({ stoppingMs: 0, listLagMs: 0 });
    const cluster = await withWorkers(project, 5, { apiRetries: 0 });
    const machines = await cluster.verbs.list(anHour());
    project.cloud.faults.onOperation("instances.delete", "error-before", { nth: 1 });
    await expect(cluster.verbs.destroy(machines, anHour())).rejects.toMatchObject({ code: "PROVIDER_FAILED" });
    await expect.poll(() => project.cloud.machines.length, PATIENT).toBe(1);
  });

  test("sends a new request each time, so that a failed deletion is not replayed", async () => {
    await using project = await TestProject.open({ stoppingMs: 2_000_000, listLagMs: 0 });
    const cluster = await withWorkers(project, 1);
    const machines = await cluster.verbs.list(anHour());
    await cluster.verbs.destroy(machines, anHour());
    await cluster.verbs.destroy(machines, anHour());
    const ids = project.cloud.account.operations.all
      .filter(({ input }) => input.type === "delete")
      .map(({ input }) => input.requestId);
    expect(new Set(ids).size).toBe(2);
  });
});

describe("transient failures are retried and take effect once", () => {
  const KINDS = ["error-before", "error-after", "lost-reply", "cut"] as const;

  test.each(KINDS)("%s of each creating or deleting call", async (kind) => {
    await using project = await TestProject.open({ listLagMs: 0, stoppingMs: 0 });
    const { faults } = project.cloud;
    for (const operation of [
      "firewalls.insert",
      "instances.insert",
      "instances.bulkInsert",
      "instances.delete",
      "firewalls.delete",
    ]) {
      faults.onOperation(operation, kind);
    }
    const cluster = await project.cluster().prepared();
    await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
    const { machines, shortfall } = await cluster.verbs.create(cluster.request("worker", 3), anHour());
    expect(shortfall).toBeUndefined();
    expect(machines).toHaveLength(3);
    expect(project.cloud.machines).toHaveLength(4);
    await cluster.verbs.destroy(await cluster.verbs.list(anHour()), anHour());
    await expect.poll(() => project.cloud.machines.length, PATIENT).toBe(0);
    await cluster.verbs.release(anHour());
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
    expect(faults.fired).toBe(5);
    expect(project.cloud.violations).toEqual([]);
  });

  test("throttled calls are retried later", async () => {
    await using project = await TestProject.open();
    project.cloud.faults.onOperation("networks.get", "throttle");
    const startedAt = performance.now();
    await project.cluster().prepared();
    expect(performance.now() - startedAt).toBeGreaterThan(1000);
    expect(project.cloud.calls.count("networks.get")).toBe(2);
  });

  test("refusals with details cost little time, however many arrive at once", async () => {
    await using project = await TestProject.open();
    const api = await project.api();
    const ask = async (): Promise<unknown> =>
      await api.call("networks", "get", anHour(), (client, options) =>
        client.get({ project: api.project, network: "default" }, options),
      );
    await ask();
    project.cloud.faults.onOperation("networks.get", "throttle", { times: 20 });
    const before = process.cpuUsage();
    const answers = await Promise.allSettled(Array.from({ length: 20 }, ask));
    const { user } = process.cpuUsage(before);
    expect(answers.every(({ status }) => status === "rejected")).toBe(true);
    // As Google's SDK is made, each takes about half a second.
    expect(user / 1000).toBeLessThan(patient(2000));
    api.close();
  });

  test("capacity refused at once is not requested again", async () => {
    await using project = await TestProject.open({ capacity: [{ vms: 0 }], capacityRefusedIn: "reply" });
    const cluster = await withWorkers(project, 2, { apiRetries: 6 });
    expect(project.cloud.calls.count("instances.bulkInsert")).toBe(1);
    expect(await cluster.verbs.list(anHour())).toEqual([]);
  });
});

test("the console is read from its end, and is empty when the machine is gone", async () => {
  await using project = await TestProject.open({ bootMs: 0, pendingMs: 0 });
  const cluster = await withWorkers(project, 1);
  const [machine] = await cluster.verbs.list(anHour());
  if (machine === undefined) throw new Error("no machine");
  await expect.poll(() => cluster.verbs.console(machine, anHour()), PATIENT).not.toBe("");
  expect(await cluster.verbs.console({ ...machine, id: "us-east1-c/no-such" }, anHour())).toBe("");
});

describe("what carries a cluster's tags", () => {
  test("is found for one cluster or all, with its expiry", async () => {
    await using project = await TestProject.open({ listLagMs: 0 });
    const one = await withWorkers(project, 2);
    const two = project.cluster();
    const expiresAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000);
    const tags = clusterTags(two, undefined, expiresAt);
    await two.verbs.prepare({ tags, groups: [], expiresAt }, anHour());
    await two.verbs.create({ ...two.request("scheduler", 1), tags: { ...tags, role: "scheduler" } }, anHour());
    const kinds = (found: readonly { readonly kind: string }[]): string[] => found.map(({ kind }) => kind).sort();
    const found = await two.verbs.find(two.name, anHour());
    expect(kinds(found)).toEqual(["firewall rule", "firewall rule", "instance"]);
    for (const each of found) expect(each).toMatchObject({ clusterName: two.name, expiresAt });
    expect(kinds(await one.verbs.find(undefined, anHour()))).toEqual([
      "firewall rule",
      "firewall rule",
      "firewall rule",
      "firewall rule",
      "instance",
      "instance",
      "instance",
    ]);
    expect(kinds(await one.verbs.resources(anHour()))).toEqual([
      "firewall rule",
      "firewall rule",
      "instance",
      "instance",
    ]);
  });

  test("includes a disk that outlives its machine and is removed with the network", async () => {
    await using project = await TestProject.open({ listLagMs: 0, stoppingMs: 0, pendingMs: 0, bootMs: 0 });
    const cluster = await withWorkers(project, 1);
    const [disk] = project.cloud.account.vms.disks;
    if (disk === undefined) throw new Error("no disk");
    Object.assign(disk.plan, { autoDelete: false });
    await cluster.verbs.destroy(await cluster.verbs.list(anHour()), anHour());
    await expect.poll(() => project.cloud.machines.length, PATIENT).toBe(0);
    expect(await cluster.verbs.find(cluster.name, anHour())).toContainEqual(
      expect.objectContaining({ kind: "disk", clusterName: cluster.name }),
    );
    await cluster.verbs.release(anHour());
    expect(await cluster.verbs.find(cluster.name, anHour())).toEqual([]);
    await cluster.verbs.release(anHour());
  });
});
