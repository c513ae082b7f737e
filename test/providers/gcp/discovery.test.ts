import { describe, expect, test, vi } from "vitest";

import { isolatedState } from "../../support/local-state.ts";
import { anHour, type OpenCluster, PATIENT, TestProject } from "./project.ts";

isolatedState();

async function madeOne(cluster: OpenCluster, role: "scheduler" | "worker"): Promise<void> {
  const { shortfall } = await cluster.verbs.create(cluster.request(role, 1), anHour());
  if (shortfall !== undefined) throw shortfall;
}

describe("Discovery, before anything is made,", () => {
  test("makes few calls, and asks for an image only once an hour", async () => {
    await using project = await TestProject.open();
    // Another test of this process may have asked at the same address.
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + 2 * 3_600_000);
    await project.cluster().prepared();
    const reads = (): readonly string[] =>
      project.cloud.calls.operations().filter((operation) => !/insert|Operations/.test(operation));
    expect([...reads()].sort()).toEqual(["images.getFromFamily", "machineTypes.get", "networks.get"]);
    project.cloud.calls.reset();
    await project.cluster().prepared();
    expect([...reads()].sort()).toEqual(["machineTypes.get", "networks.get"]);
  });

  test("looks up each type in each zone and skips fallback zones without the type", async () => {
    await using project = await TestProject.open({ capacity: [{ zone: "us-east1-c", vms: 0 }] });
    const cluster = await project
      .cluster({ zones: ["us-east1-c", "us-east1-b", "us-east1-d"], machineType: "t2d-standard-1" })
      .prepared();
    expect(project.cloud.calls.count("machineTypes.get")).toBe(3);
    await madeOne(cluster, "worker");
    // There are no T2D in us-east1-b.
    expect(project.cloud.machines).toMatchObject([{ zone: "us-east1-d" }]);
    expect(project.cloud.calls.count("instances.bulkInsert")).toBe(2);
  });
});

describe("images", () => {
  test("are of the architecture of each role's machine type", async () => {
    await using project = await TestProject.open();
    const types = { schedulerMachineType: "e2-standard-2", workerMachineType: "t2a-standard-1" };
    const cluster = await project.cluster({ zone: "us-central1-a", ...types }).prepared();
    await madeOne(cluster, "scheduler");
    await madeOne(cluster, "worker");
    const images = project.cloud.machines.map(({ image }) => image);
    expect(images[0]).toMatch(/^ubuntu-2604-resolute-amd64-v/);
    expect(images[1]).toMatch(/^ubuntu-2604-resolute-arm64-v/);
  });

  test.each([
    ["mine", "mine-2"],
    ["family/my-family", "mine-2"],
    ["projects/other-project/global/images/theirs", "theirs"],
    ["https://www.googleapis.com/compute/v1/projects/other-project/global/images/family/their-family", "theirs"],
    ["global/images/mine-2", "mine-2"],
  ])("can be named as %s", async (sourceImage, image) => {
    await using project = await TestProject.open({
      images: [
        { name: "mine" },
        { name: "mine-2", family: "my-family" },
        { project: "other-project", name: "theirs", family: "their-family" },
      ],
    });
    const cluster = await project.cluster({ sourceImage }).prepared();
    await madeOne(cluster, "worker");
    expect(project.cloud.machines[0]?.image).toBe(sourceImage === "mine" ? "mine" : image);
    expect(project.cloud.violations).toEqual([]);
  });
});

describe("GPUs", () => {
  test("are attached, terminate on maintenance, turn Secure Boot off and are in the user data", async () => {
    await using project = await TestProject.open();
    const cluster = await project.cluster({ workerNGpus: 1, gpuType: "nvidia-tesla-t4" }).prepared();
    await madeOne(cluster, "scheduler");
    await madeOne(cluster, "worker");
    const [scheduler, worker] = project.cloud.machines;
    expect(scheduler?.scheduling).toMatchObject({ onHostMaintenance: "MIGRATE" });
    expect(worker?.scheduling).toMatchObject({ onHostMaintenance: "TERMINATE" });
    expect(cluster.verbs.nodeExtras("scheduler").gpu).toBe(false);
    expect(cluster.verbs.nodeExtras("worker").gpu).toBe(true);
  });

  test("that come with the machine type are read from Google's catalogue, not the type's name", async () => {
    await using project = await TestProject.open();
    const cluster = await project
      .cluster({ schedulerMachineType: "e2-standard-2", workerMachineType: "g2-standard-4" })
      .prepared();
    await madeOne(cluster, "worker");
    expect(project.cloud.machines[0]?.scheduling).toMatchObject({ onHostMaintenance: "TERMINATE" });
    expect(cluster.verbs.nodeExtras("worker").gpu).toBe(true);
    expect(cluster.verbs.state.save()).toMatchObject({ gpu: { scheduler: false, groups: { default: true } } });
  });
});

describe("the network", () => {
  const custom = {
    name: "by-hand",
    subnetworks: [
      { name: "by-hand", region: "us-east1" },
      { name: "other", region: "us-east1" },
      { name: "west", region: "europe-west1" },
    ],
  };

  test.each([
    [{ network: "by-hand" }, "by-hand"],
    [{ network: "projects/dask-project/global/networks/by-hand" }, "by-hand"],
    [{ network: "by-hand", subnetwork: "other" }, "other"],
    [{ subnetwork: "projects/dask-project/regions/us-east1/subnetworks/other" }, "other"],
    // dask-cloudprovider takes the name of a subnet for that of its network.
    [{ network: "other" }, "other"],
  ])("of %j is by-hand", async (options, subnetwork) => {
    await using project = await TestProject.open({ networks: [custom] });
    const cluster = await project.cluster(options).prepared();
    await madeOne(cluster, "worker");
    expect(project.cloud.machines[0]).toMatchObject({ network: "by-hand", subnetwork });
    expect(
      [...project.cloud.account.firewalls.values()].filter(({ spec }) => spec.network.name === "by-hand"),
    ).toHaveLength(2);
    expect(project.cloud.violations).toEqual([]);
  });

  test("may span regions with a subnet each", async () => {
    await using project = await TestProject.open({ networks: [custom], capacity: [{ zone: "us-east1-c", vms: 1 }] });
    const cluster = await project.cluster({ network: "by-hand", zones: ["us-east1-c", "europe-west1-b"] }).prepared();
    await cluster.verbs.create(cluster.request("worker", 2), anHour());
    expect(project.cloud.machines.map(({ subnetwork }) => subnetwork)).toEqual(["by-hand", "west"]);
  });

  test("may be another project's, which then has the firewall rules", async () => {
    const shared = { project: "host-project", name: "shared", subnetworks: [{ name: "s", region: "us-east1" }] };
    await using project = await TestProject.open({ networks: [shared] });
    const cluster = await project.cluster({ networkProjectId: "host-project", network: "shared" }).prepared();
    await madeOne(cluster, "worker");
    const rules = [...project.cloud.account.firewalls.values()].filter(({ name }) => name.startsWith("dask-fleet-"));
    expect(rules.map((rule) => rule.project)).toEqual(["host-project", "host-project"]);
    expect(project.cloud.machines[0]?.subnetwork).toBe("s");
    const found = await cluster.verbs.find(cluster.name, anHour());
    expect(found.filter(({ kind }) => kind === "firewall rule")).toHaveLength(2);
    await cluster.verbs.release(anHour());
    expect([...project.cloud.account.firewalls.values()].filter(({ name }) => name.startsWith("dask-fleet-"))).toEqual(
      [],
    );
  });

  test("of another project must be named once", async () => {
    await using project = await TestProject.open();
    const options = { networkProjectId: "host-project", network: "projects/other/global/networks/n" };
    await expect(project.cluster(options).prepared()).rejects.toThrow(/`networkProjectId` is host-project/);
  });
});

describe("the firewall", () => {
  const rules = (project: TestProject): Record<string, unknown>[] =>
    [...project.cloud.account.firewalls.values()]
      .filter(({ name }) => name.startsWith("dask-fleet-"))
      .map(({ name, spec: { sourceRanges, sourceTags, targetTags, allowed } }) => ({
        name,
        sourceRanges,
        sourceTags,
        targetTags,
        allowed,
      }));

  test("admits this computer by its own address", async () => {
    await using project = await TestProject.open();
    const cluster = await project
      .cluster({ allowedCidrs: undefined, addressService: `${project.cloud.endpoint}/checkip` })
      .prepared();
    expect(rules(project)).toMatchObject([
      {
        name: `dask-fleet-${cluster.name}-members`,
        sourceRanges: [],
        sourceTags: [`dask-fleet-${cluster.name}-member`],
      },
      { sourceRanges: ["127.0.0.1/32"], targetTags: [`dask-fleet-${cluster.name}-scheduler`] },
    ]);
  });

  test("admits the network's own addresses where the scheduler has none in public", async () => {
    await using project = await TestProject.open();
    await project
      .cluster({ allowedCidrs: undefined, publicIp: false, zones: ["us-east1-c", "us-central1-a"] })
      .prepared();
    const { networks } = project.cloud.account;
    const ranges = (networks[0]?.subnetworks ?? [])
      .filter(({ region }) => region !== "europe-west1")
      .map(({ addresses }) => addresses.cidr);
    expect(rules(project)[1]?.["sourceRanges"]).toEqual(expect.arrayContaining(ranges));
    expect(rules(project)[1]?.["sourceRanges"]).toHaveLength(ranges.length);
  });

  test("is left to the network if the user says so", async () => {
    await using project = await TestProject.open();
    const cluster = await project.cluster({ createFirewall: false, networkTags: ["my-dask"] }).prepared();
    expect(rules(project)).toEqual([]);
    await madeOne(cluster, "scheduler");
    expect(project.cloud.machines[0]?.tags).toContain("my-dask");
    await cluster.verbs.release(anHour());
    expect(project.cloud.calls.operations().filter((operation) => operation.startsWith("firewalls."))).toEqual([]);
  });

  test("of another cluster with the same name is neither reused nor changed, and the error names that one's id", async () => {
    await using project = await TestProject.open();
    const first = await project.cluster({ name: "same", allowedCidrs: ["198.51.100.1/32"] }).prepared();
    await expect
      .poll(() => [...project.cloud.account.firewalls.values()].every(({ busy }) => !busy), PATIENT)
      .toBe(true);
    const second = project.cluster({ name: "same", allowedCidrs: ["203.0.113.0/24"] });
    await expect(second.prepared()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`A cluster named "same" already exists (id ${first.id}: firewall rule`),
    });
    await second.verbs.release(anHour());
    expect(rules(project)).toMatchObject([{}, { sourceRanges: ["198.51.100.1/32"] }]);
    expect(rules(project)).toHaveLength(2);
  });

  test("never touches a foreign rule of the same name", async () => {
    await using project = await TestProject.open();
    const api = await project.api();
    const firewallResource = {
      name: "dask-fleet-same-clients",
      network: "global/networks/default",
      allowed: [{ IPProtocol: "tcp" }],
      sourceRanges: ["10.0.0.0/8"],
    };
    await api.call("firewalls", "insert", anHour(), (client, options) =>
      client.insert({ project: api.project, firewallResource }, options),
    );
    const cluster = project.cluster({ name: "same" });
    await expect(cluster.prepared()).rejects.toThrow(/is not this cluster's/);
    await cluster.verbs.release(anHour());
    expect(rules(project).map(({ name }) => name)).toEqual(["dask-fleet-same-clients"]);
    api.close();
  });
});
