import { describe, expect, test } from "vitest";

import type { GcpMachineView } from "../../../packages/simulated-clouds/src/gcp/machine-view.ts";
import { GCPCluster, type GCPClusterOptions } from "../../../providers/gcp/index.ts";
import { isolatedState } from "../../support/local-state.ts";
import { until } from "../../support/until.ts";
import { anHour, OpenCluster, TestProject } from "./project.ts";

isolatedState();

const T4 = "nvidia-tesla-t4";

/** CPU machines with a type to fall back to, GPU machines where there are GPUs, and large ones on the spot market. */
const KINDS = {
  zones: ["us-east1-b", "us-east1-c"],
  tags: { team: "data" },
  workers: {
    cpu: { count: 2, instanceType: ["c4-standard-4", "n2-standard-4"], networkTags: ["batch"] },
    gpu: {
      count: 1,
      maximum: 4,
      nGpus: 1,
      gpuType: T4,
      diskSize: 120,
      diskType: "pd-ssd",
      sourceImage: "with-driver",
      bootstrap: false,
      tags: { kind: "gpu" },
      instanceMetadata: { "enable-oslogin": "TRUE" },
      serviceAccount: "gpu@dask-project.iam.gserviceaccount.com",
      resources: { GPU: 1 },
    },
    big: {
      count: 1,
      machineType: "t2a-standard-16",
      zone: "us-central1-a",
      spot: "with-fallback",
      instanceProperties: { minCpuPlatform: "Ampere Altra" },
    },
  },
} as const satisfies GCPClusterOptions;

const IMAGES = [{ name: "with-driver", diskSizeGb: 30 }];

function ofGroup({ cloud }: TestProject, group: string): readonly GcpMachineView[] {
  return cloud.machines.filter(({ labels }) => labels["worker-group"] === group);
}

/** What only the request says. */
function planOf({ cloud }: TestProject, { name }: GcpMachineView) {
  const plan = cloud.account.vms.all.find((vm) => vm.name === name)?.plan;
  if (plan === undefined) throw new Error(`no ${name}`);
  return plan;
}

function countsOf(project: TestProject): Record<string, number> {
  return Object.fromEntries(["cpu", "gpu", "big"].map((group) => [group, ofGroup(project, group).length]));
}

describe("Three groups of workers", () => {
  test("have machines of their own kind each, and cost a create each", async () => {
    await using project = await TestProject.open({ boot: "paper", images: IMAGES });
    const cluster = await project.cluster(KINDS).start();
    expect(countsOf(project)).toEqual({ cpu: 2, gpu: 1, big: 1 });
    const [cpu] = ofGroup(project, "cpu");
    const [gpu] = ofGroup(project, "gpu");
    const [big] = ofGroup(project, "big");
    if (cpu === undefined || gpu === undefined || big === undefined) throw new Error("a group is missing");
    // The scheduler's zone has no C4 machines and no T4 GPUs.
    expect(cpu).toMatchObject({ machineType: "c4-standard-4", zone: "us-east1-c", spot: false });
    expect(cpu.tags).toContain("batch");
    expect(cpu.labels).toMatchObject({ team: "data" });
    expect(planOf(project, cpu)).toMatchObject({ gpus: [], disks: [{ sizeGb: 50, diskType: "hyperdisk-balanced" }] });
    expect(gpu).toMatchObject({
      machineType: "n1-standard-4",
      zone: "us-east1-c",
      image: "with-driver",
      labels: { team: "data", kind: "gpu" },
      metadata: { "enable-oslogin": "TRUE" },
      scheduling: { onHostMaintenance: "TERMINATE" },
    });
    expect(gpu.tags).not.toContain("batch");
    expect(planOf(project, gpu)).toMatchObject({
      gpus: [{ type: T4, count: 1 }],
      disks: [{ sizeGb: 120, diskType: "pd-ssd" }],
      input: { serviceAccounts: [{ email: KINDS.workers.gpu.serviceAccount }] },
    });
    expect(big).toMatchObject({ machineType: "t2a-standard-16", zone: "us-central1-a", spot: true });
    expect(big.image).toMatch(/arm64/);
    expect(planOf(project, big).input).toMatchObject({ minCpuPlatform: "Ampere Altra" });
    expect(planOf(project, big).input.serviceAccounts ?? []).toEqual([]);
    expect(
      cluster.groups.map(({ name }) => cluster.verbs.nodeExtras("worker", { group: groupOf(cluster, name) }).gpu),
    ).toEqual([false, true, false]);
    expect(project.cloud.calls.count("instances.bulkInsert")).toBe(3);
    expect(project.cloud.violations).toEqual([]);
    await cluster.close();
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
  });

  test("lose and get back machines of their own kind", async () => {
    await using project = await TestProject.open({ boot: "paper", images: IMAGES });
    const cluster = await project.cluster({ ...KINDS, lostWorkerTimeoutMs: 200 }).start();
    const [victim] = ofGroup(project, "gpu");
    project.cloud.kill(victim?.name ?? "");
    await until("a machine with a GPU in its place", () =>
      ofGroup(project, "gpu").some(({ name, status }) => name !== victim?.name && status === "RUNNING"),
    );
    expect(ofGroup(project, "gpu").at(-1)?.machineType).toBe("n1-standard-4");
    await cluster.close();
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
  });

  test("are scaled, listed and removed by another process", async () => {
    await using project = await TestProject.open({ boot: "paper", images: IMAGES });
    const first = await project.cluster(KINDS).start();
    await first.detach();
    const second = await OpenCluster.attach(first.name);
    await second.scale({ gpu: 2, cpu: 1 });
    await until("the groups to be as asked", () => {
      const { cpu, gpu, big } = countsOf(project);
      return cpu === 1 && gpu === 2 && big === 1;
    });
    expect(new Set(ofGroup(project, "gpu").map(({ machineType, image }) => `${machineType} ${image}`))).toEqual(
      new Set(["n1-standard-4 with-driver"]),
    );
    const found = await second.verbs.find(first.name, anHour());
    const groups = found.flatMap(({ group }) => group ?? []);
    expect(groups.toSorted()).toEqual(["big", "cpu", "gpu", "gpu"]);
    await second.detach();
    await GCPCluster.remove(first.name, project.options);
    expect(project.cloud.leftovers(first.name)).toEqual([]);
    await second.close();
    expect(project.cloud.violations).toEqual([]);
  });

  test("of which one finds no capacity: the others start, and a warning names it", async () => {
    const capacity = [{ machineType: "n1-standard-4", vms: 0 }];
    await using project = await TestProject.open({ boot: "paper", images: IMAGES, capacity });
    const { gpu, ...others } = KINDS.workers;
    const cluster = project.cluster({
      ...KINDS,
      workers: { ...others, gpu: { ...gpu, minWorkers: 0 } },
      startTimeoutMs: 8000,
    });
    const said: string[] = [];
    cluster.onProgress((event) => {
      if (event.type === "warning") said.push(event.message);
    });
    await cluster.start();
    expect(countsOf(project)).toEqual({ cpu: 2, gpu: 0, big: 1 });
    expect(said.join("\n")).toMatch(/Group gpu: 0 of 1 machines: Google has no capacity/);
    await cluster.close();
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
  });

  test("share quotas by series and type of GPU: one that is used up keeps the others from nothing", async () => {
    const quota = { CPUS_PER_VM_FAMILY: 4, NVIDIA_T4_GPUS: 0 };
    await using project = await TestProject.open({ images: IMAGES, quota });
    const cluster = await project.cluster(KINDS).prepared();
    const create = async (name: string, count: number) => {
      const request = { ...cluster.request("worker", count, name), group: groupOf(cluster, name) };
      return await cluster.verbs.create(request, anHour());
    };
    const [cpu, gpu, big] = await Promise.allSettled([create("cpu", 2), create("gpu", 1), create("big", 1)]);
    // The rest is of the series that has a quota left.
    expect(cpu).toMatchObject({ status: "fulfilled", value: { machines: [{}, {}] } });
    expect(project.cloud.machines.map(({ machineType }) => machineType).toSorted()).toEqual([
      "c4-standard-4",
      "n2-standard-4",
      "t2a-standard-16",
    ]);
    expect(gpu).toMatchObject({ value: { machines: [], shortfall: { code: "QUOTA_EXCEEDED" } } });
    expect(gpu).toMatchObject({
      value: { shortfall: { message: expect.stringContaining("NVIDIA_T4_GPUS") as string } },
    });
    expect(big).toMatchObject({ value: { machines: [{}] } });
  });
});

describe("What the options of a group name", () => {
  test("is looked up once for all groups, before anything is created", async () => {
    await using project = await TestProject.open({ images: IMAGES });
    await project.cluster(KINDS).prepared();
    const { calls } = project.cloud;
    // The scheduler's type and those of cpu and gpu in two zones, and that of big in its own.
    expect(calls.count("machineTypes.get")).toBe(4 * 2 + 1);
    expect(calls.count("acceleratorTypes.get")).toBe(2);
    expect(calls.count("images.get")).toBe(1);
    expect(calls.count("networks.get")).toBe(1);
  });

  test.each<readonly [string, NonNullable<GCPClusterOptions["workers"]>[string], string]>([
    ["a type", { instanceType: "g2-standard-4", zone: "us-east1-e" }, "us-east1-e"],
    [
      "a type in its zone",
      { instanceType: "t2a-standard-2" },
      "machine type t2a-standard-2 for gpu worker machines does not exist",
    ],
    ["an image", { sourceImage: "none-such" }, "The `workers.gpu.sourceImage` option for gpu worker machines: "],
    [
      "an image of its architecture",
      { instanceType: "c4a-standard-2", sourceImage: "with-driver" },
      "for gpu worker machines is for X86_64",
    ],
    [
      "a disk for its image",
      { sourceImage: "with-driver", diskSize: 20 },
      "Expected the `workers.gpu.diskSize` option to be at least 30",
    ],
    [
      "GPUs in its zones",
      { nGpus: 1, gpuType: "nvidia-tesla-v100", zone: "us-east1-b" },
      "no nvidia-tesla-v100 GPUs for n1-standard-4 for gpu worker machines in us-east1-b",
    ],
    [
      "a type that takes its GPUs",
      { nGpus: 1, gpuType: T4, instanceType: "n2-standard-4" },
      "No GPUs can be attached to the machine type n2-standard-4 for gpu worker machines",
    ],
    [
      "types that are alike",
      { instanceType: ["g2-standard-4", "n2-standard-4"] },
      "All machine types of a gpu worker must be alike",
    ],
    ["fields", { instanceProperties: { minCpuPlatfrom: "x" } }, "(the `workers.gpu.instanceProperties` option)"],
  ])("must exist: %s", async (_what, gpu, message) => {
    await using project = await TestProject.open({ images: IMAGES });
    const cluster = project.cluster({ workers: { cpu: { count: 1 }, gpu: { count: 1, ...gpu } } });
    await expect(cluster.start()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(message) as string,
    });
    expect(project.mutations).toEqual([]);
  });

  test("GPUs are asked for only in zones that have them; without leave to look, the create call tells", async () => {
    await using project = await TestProject.open({ images: IMAGES });
    project.cloud.account.permissions.deny("compute.acceleratorTypes.get");
    const workers = { gpu: { count: 1, nGpus: 1, gpuType: T4 } };
    const cluster = await project.cluster({ zones: ["us-east1-b", "us-east1-c"], workers }).prepared();
    const request = { ...cluster.request("worker", 1), group: groupOf(cluster, "gpu") };
    const { machines } = await cluster.verbs.create(request, anHour());
    expect(machines.map(({ id }) => id.split("/")[0])).toEqual(["us-east1-c"]);
    expect(project.cloud.calls.count("instances.bulkInsert")).toBe(2);
  });
});

test("A plan has a line for each group, from the very requests", async () => {
  await using project = await TestProject.open({ images: IMAGES });
  for (const look of [false, true]) {
    const { machines, place } = await project.cluster(KINDS).plan({ look });
    expect(
      machines.map(({ group, types, markets, diskGiB, gpu, tags }) => ({
        group,
        types,
        markets,
        diskGiB,
        gpu,
        team: tags["kind"],
      })),
    ).toEqual([
      {
        group: undefined,
        types: ["e2-standard-2"],
        markets: ["on-demand"],
        diskGiB: 50,
        gpu: undefined,
        team: undefined,
      },
      {
        group: "cpu",
        types: ["c4-standard-4", "n2-standard-4"],
        markets: ["on-demand"],
        diskGiB: 50,
        gpu: undefined,
        team: undefined,
      },
      { group: "gpu", types: ["n1-standard-4"], markets: ["on-demand"], diskGiB: 120, gpu: `1 ${T4}`, team: "gpu" },
      {
        group: "big",
        types: ["t2a-standard-16"],
        markets: ["spot", "on-demand"],
        diskGiB: 50,
        gpu: undefined,
        team: undefined,
      },
    ]);
    expect(machines.at(-1)?.architecture).toBe("arm64");
    expect(place).toContainEqual({ name: "zones of big", value: "us-central1-a" });
  }
});

test("300 machines in three groups cost two creates more than in one, and no more lists", async () => {
  const callsFor = async (workers: GCPClusterOptions["workers"]): Promise<Readonly<Record<string, number>>> => {
    await using project = await TestProject.open({ boot: "paper", throttling: false });
    const cluster = await project.cluster({ workers, pollIntervalMs: 500 }).start();
    const { calls } = project.cloud;
    const started = calls.count("instances.bulkInsert");
    await cluster.close();
    expect(project.cloud.leftovers(cluster.name)).toEqual([]);
    return {
      creates: started,
      types: calls.count("machineTypes.get"),
      lists: calls.count("instances.aggregatedList"),
      all: calls.count(),
    };
  };
  const one = await callsFor({ all: { count: 300 } });
  const three = await callsFor({
    cpu: { count: 100 },
    gpu: { count: 100, machineType: "g2-standard-4" },
    big: { count: 100, machineType: "n2-highmem-8" },
  });
  process.stdout.write(`calls for 1 + 300: ${JSON.stringify(one)}, for 1 + 3 x 100: ${JSON.stringify(three)}\n`);
  expect([one["creates"], three["creates"]]).toEqual([1, 3]);
  expect(three["types"]).toBe((one["types"] ?? 0) + 2);
});

function groupOf(cluster: OpenCluster, name: string) {
  const group = cluster.groups.find((each) => each.name === name);
  if (group === undefined) throw new Error(`no group ${name}`);
  return group;
}
