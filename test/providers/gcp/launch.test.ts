import { describe, expect, test } from "vitest";

import { GcpError } from "../../../providers/gcp/errors/gcp-error.ts";
import { placeOf } from "../../../providers/gcp/tags/names.ts";
import { isolatedState } from "../../support/local-state.ts";
import { anHour, type OpenCluster, PATIENT, TestProject } from "./project.ts";

isolatedState();

/** Operations take three seconds, longer than a test polls them. */
const SLOW = { speed: 40, pendingMs: 120_000, bootMs: 120_000 };

async function made(cluster: OpenCluster, count: number, token?: string): ReturnType<OpenCluster["verbs"]["create"]> {
  return await cluster.verbs.create(cluster.request("worker", count, token), anHour());
}

async function scheduler(cluster: OpenCluster): ReturnType<OpenCluster["verbs"]["create"]> {
  return await cluster.verbs.create(cluster.request("scheduler", 1), anHour());
}

describe("the scheduler's machine", () => {
  test("is returned with both addresses and has the labels that find it", async () => {
    await using project = await TestProject.open();
    const cluster = await project.cluster().prepared();
    const { machines, shortfall } = await scheduler(cluster);
    expect(shortfall).toBeUndefined();
    const [view] = project.cloud.machines;
    const name = `${cluster.name}-scheduler`;
    expect(machines).toMatchObject([
      {
        id: `us-east1-c/${name}`,
        nodeName: name,
        role: "scheduler",
        privateAddress: view?.privateAddress,
        publicAddress: view?.publicAddress,
      },
    ]);
    expect(view).toMatchObject({
      name,
      zone: "us-east1-c",
      machineType: "e2-standard-2",
      spot: false,
      labels: { creator: "dask-fleet", "cluster-name": cluster.name, "cluster-id": cluster.id, role: "scheduler" },
      tags: [`dask-fleet-${cluster.name}-member`, `dask-fleet-${cluster.name}-scheduler`],
      image: expect.stringMatching(/^ubuntu-2604-resolute-amd64-v/) as string,
      userData: Buffer.from("#cloud-config\n{}\n"),
      diskNames: [name],
    });
    expect(project.cloud.violations).toEqual([]);
  });

  test("is returned before it runs, so that workers boot in parallel", async () => {
    await using project = await TestProject.open(SLOW);
    const cluster = await project.cluster().prepared();
    await scheduler(cluster);
    expect(project.cloud.machines[0]?.status).toBe("STAGING");
  });

  test("falls back to another zone when the first has no capacity, whatever the workers' capacity type", async () => {
    await using project = await TestProject.open({ capacity: [{ zone: "us-east1-c", vms: 0 }] });
    const cluster = await project.cluster({ zones: ["us-east1-c", "us-east1-d"], spot: true }).prepared();
    const { machines } = await scheduler(cluster);
    expect(machines[0]?.id).toMatch(/^us-east1-d\//);
    expect(project.cloud.machines).toMatchObject([{ zone: "us-east1-d", spot: false }]);
    await made(cluster, 1);
    expect(project.cloud.machines[1]).toMatchObject({ zone: "us-east1-d", spot: true });
    expect(project.cloud.calls.count("instances.bulkInsert")).toBe(1);
  });

  test("that fails after the call returned is reported as stopped, with the reason", async () => {
    await using project = await TestProject.open(SLOW);
    const cluster = await project.cluster().prepared();
    const { machines } = await scheduler(cluster);
    const [machine] = machines;
    if (machine === undefined) throw new Error("no machine");
    const operation = project.cloud.account.operations.all.find(
      ({ input }) => input.type === "insert" && input.target.includes("/instances/"),
    );
    operation?.finish([{ code: "INTERNAL_ERROR", message: "It burns.", httpStatus: 500, httpMessage: "INTERNAL" }]);
    await expect
      .poll(async () => (await cluster.verbs.list(anHour())).find(({ id }) => id === machine.id)?.state, PATIENT)
      .toBe("stopped");
    expect(await cluster.verbs.console(machine, anHour())).toContain("It burns.");
    await cluster.verbs.destroy([machine], anHour());
    expect(await cluster.verbs.list(anHour())).not.toContainEqual(expect.objectContaining({ state: "stopped" }));
  });

  test("is reported as stopped if the firewall fails", async () => {
    await using project = await TestProject.open(SLOW);
    const cluster = await project.cluster().prepared();
    for (const operation of project.cloud.account.operations.all) {
      operation.finish([
        {
          code: "QUOTA_EXCEEDED",
          message: "Quota 'FIREWALLS' exceeded.  Limit: 100.0 globally.",
          httpStatus: 403,
          httpMessage: "FORBIDDEN",
        },
      ]);
    }
    const [machine] = (await scheduler(cluster)).machines;
    if (machine === undefined) throw new Error("no machine");
    await expect.poll(() => cluster.verbs.console(machine, anHour()), PATIENT).toContain("(FIREWALLS: 100)");
    const [listed] = await cluster.verbs.list(anHour());
    expect(listed?.state).toBe("stopped");
  });
});

describe("workers", () => {
  test("are created by one call, however many, and returned as lists show them", async () => {
    await using project = await TestProject.open({ listLagMs: 0 });
    const cluster = await project.cluster().prepared();
    project.cloud.calls.reset();
    await scheduler(cluster);
    const { machines, shortfall } = await made(cluster, 1000);
    expect(shortfall).toBeUndefined();
    expect(new Set(machines.map(({ nodeName }) => nodeName)).size).toBe(1000);
    expect(project.mutations).toEqual(["instances.insert", "instances.bulkInsert"]);
    // Two pages of 500, and the operations.
    expect(project.cloud.calls.count("instances.aggregatedList")).toBe(2);
    expect(project.cloud.calls.count()).toBeLessThan(12);
    expect(machines.map(({ id }) => id).sort()).toEqual(
      project.cloud.machines
        .filter(({ labels }) => labels["role"] === "worker")
        .map(({ name, zone }) => `${zone}/${name}`)
        .sort(),
    );
    for (const { nodeName, privateAddress } of machines) {
      expect(nodeName).toMatch(new RegExp(`^${cluster.name}-w-[0-9a-f]{8}-\\d{4}$`));
      expect(privateAddress).toMatch(/^127\./);
    }
    expect(project.cloud.machines[1]?.tags).toEqual([`dask-fleet-${cluster.name}-member`]);
    expect(await cluster.verbs.list(anHour())).toHaveLength(1001);
  });

  test("of two requests have names of their own", async () => {
    await using project = await TestProject.open();
    const cluster = await project.cluster().prepared();
    const first = await made(cluster, 3, "one");
    const second = await made(cluster, 3, "two");
    expect(new Set([...first.machines, ...second.machines].map(({ id }) => id)).size).toBe(6);
  });

  test.each(["inserts", "operation"] as const)(
    "fill one zone and take the rest from the next (reported by the %s)",
    async (partialErrorsIn) => {
      await using project = await TestProject.open({ capacity: [{ zone: "us-east1-c", vms: 3 }], partialErrorsIn });
      const cluster = await project.cluster({ zones: ["us-east1-c", "us-east1-b"] }).prepared();
      const { machines, shortfall } = await made(cluster, 5);
      expect(shortfall).toBeUndefined();
      expect(machines.map(({ id }) => placeOf(id).zone).sort()).toEqual([
        "us-east1-b",
        "us-east1-b",
        "us-east1-c",
        "us-east1-c",
        "us-east1-c",
      ]);
    },
  );

  test.each(["inserts", "operation"] as const)(
    "without full capacity are counted exactly, with the reason (reported by the %s)",
    async (partialErrorsIn) => {
      await using project = await TestProject.open({ capacity: [{ vms: 2 }], partialErrorsIn });
      const cluster = await project.cluster().prepared();
      const { machines, shortfall, uncertain } = await made(cluster, 5);
      expect(machines).toHaveLength(2);
      expect(shortfall).toMatchObject({ code: "CAPACITY_UNAVAILABLE" });
      expect(shortfall?.message).toContain("no capacity for this machine type");
      expect(uncertain).toBe(false);
      expect(project.cloud.machines).toHaveLength(2);
    },
  );

  test("within a quota name it as the reason for their number", async () => {
    await using project = await TestProject.open({ quota: { CPUS: 8 } });
    const cluster = await project.cluster({ zones: ["us-east1-c", "us-east1-b"] }).prepared();
    const { machines, shortfall } = await made(cluster, 6);
    expect(machines).toHaveLength(4);
    expect(shortfall).toMatchObject({ code: "QUOTA_EXCEEDED" });
    expect(shortfall?.message).toContain("(CPUS: 8 in us-east1)");
  });

  test.each(["reply", "operation"] as const)(
    "without any capacity fail with the error of the %s and leave nothing",
    async (capacityRefusedIn) => {
      await using project = await TestProject.open({ capacity: [{ vms: 0 }], capacityRefusedIn });
      const cluster = await project.cluster().prepared();
      const { machines, shortfall, uncertain } = await made(cluster, 3);
      expect(machines).toEqual([]);
      expect(shortfall).toMatchObject({ code: "CAPACITY_UNAVAILABLE" });
      expect(uncertain).toBe(false);
      expect(project.cloud.calls.count("instances.bulkInsert")).toBe(1);
    },
  );

  test("are spot machines and fall back to on-demand ones if allowed", async () => {
    await using project = await TestProject.open({ capacity: [{ provisioningModel: "SPOT", vms: 2 }] });
    const cluster = await project.cluster({ spot: "with-fallback" }).prepared();
    expect((await made(cluster, 5)).machines).toHaveLength(5);
    expect(project.cloud.machines.map(({ spot }) => spot)).toEqual([true, true, false, false, false]);
    expect(project.cloud.machines[0]?.scheduling).toMatchObject({
      instanceTerminationAction: "DELETE",
      automaticRestart: false,
    });
    const strict = await project.cluster({ spot: true }).prepared();
    expect((await made(strict, 2)).machines).toEqual([]);
  });
});

test("tags are on everything the cluster creates, and instanceLabels win on machines and disks", async () => {
  await using project = await TestProject.open({ policies: { requiredLabels: ["cost-center", "team"] } });
  const tags = { "cost-center": "42", team: "data" };
  const cluster = await project.cluster({ tags, instanceLabels: { team: "other", only: "here" } }).prepared();
  await scheduler(cluster);
  expect((await made(cluster, 2)).shortfall).toBeUndefined();
  const { vms, firewalls } = project.cloud.account;
  const labels = { "cost-center": "42", team: "other", only: "here", creator: "dask-fleet" };
  expect(project.cloud.machines).toHaveLength(3);
  for (const machine of project.cloud.machines) expect(machine.labels).toMatchObject(labels);
  expect(vms.disks).toHaveLength(3);
  for (const disk of vms.disks) expect(disk.plan.labels).toMatchObject(labels);
  const rules = [...firewalls.values()].filter(({ name }) => name.includes(cluster.name));
  expect(rules).toHaveLength(2);
  for (const { spec } of rules) expect(spec.description).toContain("cost-center=42 team=data");
});

describe("public addresses", () => {
  test("are only as many as requested", async () => {
    await using project = await TestProject.open();
    const cluster = await project.cluster({ workerPublicIp: false }).prepared();
    await scheduler(cluster);
    await made(cluster, 2);
    expect(project.cloud.machines.map(({ publicAddress }) => publicAddress !== undefined)).toEqual([
      true,
      false,
      false,
    ]);
    const inside = await project.cluster({ publicIp: false, workerPublicIp: true }).prepared();
    const { machines } = await scheduler(inside);
    expect(machines[0]).toMatchObject({
      privateAddress: expect.stringMatching(/^127\./) as string,
      publicAddress: undefined,
    });
    expect((await made(inside, 1)).shortfall).toBeUndefined();
    const views = project.cloud.machines.filter(({ labels }) => labels["cluster-name"] === inside.name);
    expect(views.map(({ publicAddress }) => publicAddress)).toEqual([undefined, undefined]);
  });
});

test("a failed request with an unknown effect is reported as uncertain", async () => {
  await using project = await TestProject.open();
  const cluster = await project.cluster({ apiRetries: 0 }).prepared();
  project.cloud.faults.onOperation("instances.bulkInsert", "lost-reply");
  const { machines, shortfall, uncertain } = await made(cluster, 2);
  expect(machines).toEqual([]);
  expect(uncertain).toBe(true);
  expect(shortfall).toBeInstanceOf(GcpError);
  expect(project.cloud.machines).toHaveLength(2);
});

test.each(["compute.zoneOperations.get", "compute.instances.list"])(
  "machines that cannot be read without the permission %s are reported as uncertain",
  async (permission) => {
    await using project = await TestProject.open();
    const cluster = await project.cluster().prepared();
    project.cloud.account.permissions.deny(permission);
    const { machines, shortfall, uncertain } = await made(cluster, 2);
    expect(machines).toEqual([]);
    expect(shortfall).toMatchObject({ code: "AUTH_FAILED" });
    expect(shortfall?.message).toContain(permission);
    expect(uncertain).toBe(true);
    expect(project.cloud.machines).toHaveLength(2);
  },
);

test("a scheduler that cannot be read is uncertain too, and a shortfall of workers needs no known reason", async () => {
  await using project = await TestProject.open({ capacity: [{ vms: 3 }] });
  const cluster = await project.cluster().prepared();
  const { permissions } = project.cloud.account;
  permissions.deny("compute.zoneOperations.list");
  const workers = await made(cluster, 5);
  expect(workers.machines).toHaveLength(3);
  expect(workers.shortfall?.message).toContain("only 3 of 5 machines of e2-standard-2 in us-east1-c");
  project.cloud.account.capacity = [];
  permissions.deny("compute.instances.get");
  expect(await scheduler(cluster)).toMatchObject({ machines: [], uncertain: true, shortfall: { code: "AUTH_FAILED" } });
  expect(project.cloud.machines).toHaveLength(4);
});
