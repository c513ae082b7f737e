import type { PolicyOptions, RefusalKind } from "@dask-fleet/simulated-clouds/gcp";
import { describe, expect, test } from "vitest";

import type { GCPClusterOptions } from "../../../providers/gcp/index.ts";
import type { CreatedMachines } from "../../../src/provider/machine.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, type OpenCluster, PATIENT, TestProject } from "./project.ts";

isolatedState();

async function workers(cluster: OpenCluster, count = 3): Promise<CreatedMachines> {
  return await cluster.verbs.create(cluster.request("worker", count), anHour());
}

async function schedulerOf(cluster: OpenCluster, token = "a-token"): Promise<CreatedMachines> {
  return await cluster.verbs.create(cluster.request("scheduler", 1, token), anHour());
}

describe.each(["inserts", "operation"] as const)(
  "why no machine was created, reported by the %s",
  (minCountErrorsIn) => {
    test("a lack of capacity: the next zone is tried", async () => {
      const capacity = [{ zone: "us-east1-c", vms: 0 }];
      await using project = await TestProject.open({ capacity, minCountErrorsIn });
      const alone = await project.cluster().prepared();
      const { shortfall, uncertain } = await workers(alone);
      expect(shortfall).toMatchObject({ meaning: "capacity", cloudCode: "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS" });
      expect(uncertain).toBe(false);
      const cluster = await project.cluster({ zones: ["us-east1-c", "us-east1-d"] }).prepared();
      expect(await workers(cluster)).toMatchObject({ machines: [{}, {}, {}] });
    });

    test("a policy: no other zone is tried", async () => {
      const policies = { vmExternalIpAccess: "deny" } as const;
      await using project = await TestProject.open({ policies, minCountErrorsIn });
      const cluster = await project.cluster({ zones: ["us-east1-c", "us-east1-d"] }).prepared();
      const { shortfall, uncertain } = await workers(cluster);
      expect(shortfall).toMatchObject({ meaning: "policy", code: "CONFIG_INVALID" });
      expect(shortfall?.message).toContain("`publicIp: false`");
      expect(uncertain).toBe(false);
      expect(project.cloud.calls.count("instances.bulkInsert")).toBe(1);
    });

    test("spot machines reclaimed at once: on-demand ones are created instead", async () => {
      await using project = await TestProject.open({ minCountErrorsIn });
      project.cloud.account.refusals.add("instances.bulkInsert", "preempted", 3);
      const cluster = await project.cluster({ spot: "with-fallback" }).prepared();
      expect((await workers(cluster)).shortfall).toBeUndefined();
      expect(project.cloud.machines.map(({ spot }) => spot)).toEqual([false, false, false]);
    });

    test("too many concurrent operations: the call is retried", async () => {
      await using project = await TestProject.open({ minCountErrorsIn });
      project.cloud.account.refusals.add("instances.bulkInsert", "operation-rate", 3);
      const cluster = await project.cluster().prepared();
      expect((await workers(cluster)).shortfall).toMatchObject({ meaning: "throttled", code: "PROVIDER_FAILED" });
      expect((await workers(cluster, 2)).shortfall).toBeUndefined();
    });
  },
);

describe("a policy violation names the option that complies", () => {
  test.each<[string, PolicyOptions, GCPClusterOptions, string]>([
    ["external addresses", { vmExternalIpAccess: "deny" }, { publicIp: false }, "`publicIp: false`"],
    [
      "machines without OS Login",
      { requireOsLogin: true },
      { instanceMetadata: { "enable-oslogin": "TRUE" } },
      "enable-oslogin",
    ],
    [
      "locations",
      { resourceLocations: ["europe-west1"] },
      { zone: "europe-west1-b" },
      "set `zone` or `zones` to an allowed location",
    ],
    [
      "machines without labels",
      { requiredLabels: ["cost-center"] },
      { instanceLabels: { "cost-center": "42" } },
      "`tags`",
    ],
    [
      "images of others",
      { trustedImageProjects: ["dask-project"] },
      { sourceImage: "mine" },
      "set `sourceImage` to an image of an allowed project",
    ],
  ])("%s", async (_what, policies, obedient, words) => {
    await using project = await TestProject.open({ policies, images: [{ name: "mine" }] });
    const cluster = await project.cluster().prepared();
    for (const made of [schedulerOf, workers]) {
      const { shortfall, machines, uncertain } = await made(cluster);
      expect(machines).toEqual([]);
      expect(shortfall).toMatchObject({ meaning: "policy", code: "CONFIG_INVALID" });
      expect(shortfall?.message).toContain(words);
      expect(uncertain).toBe(false);
    }
    const obeys = await project.cluster(obedient).prepared();
    expect((await schedulerOf(obeys)).shortfall).toBeUndefined();
    expect((await workers(obeys)).shortfall).toBeUndefined();
  });

  test("unshielded machines: with GPUs, Secure Boot is off unless requested", async () => {
    await using project = await TestProject.open({ policies: { requireShieldedVm: true } });
    const gpus = { schedulerMachineType: "e2-standard-2", workerMachineType: "g2-standard-4" };
    const { shortfall } = await workers(await project.cluster(gpus).prepared());
    expect(shortfall?.message).toContain("enableSecureBoot: true");
    const shielded = { ...gpus, instanceProperties: { shieldedInstanceConfig: { enableSecureBoot: true } } };
    expect((await workers(await project.cluster(shielded).prepared())).shortfall).toBeUndefined();
  });
});

describe("a scheduler's machine", () => {
  test.each(["preempted", "internal-error", "operation-rate"] as const)(
    "whose creation fails with %s is created by the retry",
    async (kind) => {
      await using project = await TestProject.open();
      project.cloud.account.refusals.add("instances.insert", kind);
      const cluster = await project.cluster({ zones: ["us-east1-c", "us-east1-d"] }).prepared();
      const { shortfall, machines } = await schedulerOf(cluster);
      if (kind === "preempted") expect(machines[0]?.id).toMatch(/^us-east1-d/);
      else expect(shortfall).toMatchObject({ meaning: kind === "internal-error" ? "transient" : "throttled" });
      if (kind !== "preempted") expect((await schedulerOf(cluster, "another")).machines).toHaveLength(1);
    },
  );
});

describe("a deletion refused for a moment", () => {
  test.each<[RefusalKind, string]>([
    ["condition", "transient"],
    ["not-ready", "transient"],
    ["in-use", "transient"],
    ["concurrent-operations", "throttled"],
  ])("(%s) blocks no other machine and succeeds in the next round", async (kind, meaning) => {
    await using project = await TestProject.open({ stoppingMs: 0, listLagMs: 0 });
    const cluster = await project.cluster({ apiRetries: 0 }).prepared();
    const { machines } = await workers(cluster, 5);
    project.cloud.account.refusals.add("instances.delete", kind);
    await expect(cluster.verbs.destroy(machines, anHour())).rejects.toMatchObject({ meaning });
    await expect.poll(() => project.cloud.machines.length, PATIENT).toBe(1);
    await cluster.verbs.destroy(machines, anHour());
    await expect.poll(() => project.cloud.machines.length, PATIENT).toBe(0);
  });

  test.each<[RefusalKind, string]>([
    ["condition", "transient"],
    ["not-ready", "transient"],
    ["concurrent-operations", "throttled"],
    ["internal-error", "transient"],
  ])("(%s) blocks no other firewall rule and succeeds in the next round", async (kind, meaning) => {
    await using project = await TestProject.open({ listLagMs: 0 });
    const cluster = await project.cluster({ apiRetries: 0 }).prepared();
    expect(project.cloud.leftovers(cluster.name)).toHaveLength(2);
    await expect.poll(() => project.cloud.account.operations.all.every(({ done }) => done), PATIENT).toBe(true);
    project.cloud.account.refusals.add("firewalls.delete", kind);
    await expect(cluster.verbs.release(anHour())).rejects.toMatchObject({ meaning });
    expect(project.cloud.leftovers(cluster.name)).toHaveLength(1);
    await cluster.verbs.release(anHour());
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
  });

  test("disks that cannot be listed do not block the firewall rules", async () => {
    await using project = await TestProject.open({ listLagMs: 0 });
    const cluster = await project.cluster({ apiRetries: 0 }).prepared();
    await expect.poll(() => project.cloud.account.operations.all.every(({ done }) => done), PATIENT).toBe(true);
    project.cloud.faults.onOperation("disks.aggregatedList", "error-before");
    await expect(cluster.verbs.release(anHour())).rejects.toMatchObject({ meaning: "transient" });
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
  });
});
