import { describe, expect, test } from "vitest";

import { DropletCluster, type DropletClusterOptions } from "../../../providers/digitalocean/index.ts";
import { resolveDropletOptions } from "../../../providers/digitalocean/options/resolved-options.ts";
import { userDataFiles } from "../../../providers/local/machines/lay-files.ts";
import { optionsFor } from "../../../src/provider/worker-group.ts";
import { findingsOf } from "../../support/doctor.ts";
import { isolatedState } from "../../support/local-state.ts";
import { patient } from "../../support/patience.ts";
import { until } from "../../support/until.ts";
import { OpenCluster, TestAccount } from "./account.ts";

isolatedState();

const FAST = { throttling: false, listLagMs: 0, boot: "paper" } as const;
const CLOSED = { security: false, allowedCidrs: ["127.0.0.1/32"] } as const;
const GPU_SIZE = "gpu-h100x1-80gb";

const THREE: DropletClusterOptions = {
  ...CLOSED,
  name: "lab",
  image: "ubuntu-24-04-x64",
  tags: { team: "data" },
  extraDropletOptions: { with_droplet_agent: false },
  workers: {
    cpu: { count: 2, maximum: 4 },
    gpu: {
      count: 1,
      maximum: 3,
      size: GPU_SIZE,
      image: 171_000_001,
      resources: { GPU: 1 },
      tags: { kind: "gpu" },
      dropletTags: ["metered"],
      monitoring: true,
    },
    big: { instanceType: "s-4vcpu-8gb", extraDropletOptions: { ipv6: true }, maximum: 1 },
  },
};

/** Sizes of droplets, by the group in their tags. */
function sizesOf({ cloud }: TestAccount): Readonly<Record<string, readonly string[]>> {
  const groupOf = (tags: readonly string[]): string =>
    tags.find((tag) => tag.startsWith("dask-fleet:worker-group:"))?.split(":")[3] ?? "scheduler";
  const sizes: Record<string, string[]> = {};
  for (const { tags, size } of cloud.machines) (sizes[groupOf(tags)] ??= []).push(size);
  return sizes;
}

function creations({ cloud }: TestAccount): number {
  return cloud.calls.operations().filter((operation) => operation === "createDroplets").length;
}

describe("Options of a group", () => {
  const resolved = (workers: DropletClusterOptions["workers"]) =>
    resolveDropletOptions("digitalocean", { sshKeys: [1], diskSize: 20, workers }).options;

  test("override the cluster's; what is not said is the cluster's", () => {
    const options = resolved({ cpu: {}, gpu: { size: GPU_SIZE, diskSize: 500, sshKeys: [] } });
    const [cpu, gpu] = (options.groups ?? []).map((group) => optionsFor(options, group));
    expect(cpu).toMatchObject({ workerInstanceType: "s-2vcpu-4gb", diskSize: 20, sshKeys: [1] });
    expect(gpu).toMatchObject({ workerInstanceType: GPU_SIZE, diskSize: 500, sshKeys: [] });
    expect(options.schedulerInstanceType).toBe("s-2vcpu-4gb");
  });

  test.each<[DropletClusterOptions["workers"], string]>([
    [{ gpu: { spot: true } }, "leave the `workers.gpu.spot` option out"],
    [{ gpu: { tags: { "a b": "" } } }, "The `workers.gpu.tags` option would make the tag"],
    [{ gpu: { dropletTags: ["dask-fleet:x"] } }, "of the `workers.gpu.dropletTags` option is dask-fleet's own"],
    [
      { gpu: { extraDropletOptions: { size: "x" } } },
      "The `workers.gpu.extraDropletOptions` option cannot decide size",
    ],
    [{ gpu: { extraDropletOptions: { ipv7: true } } }, "takes no ipv7 (the `workers.gpu.extraDropletOptions` option)"],
    [{ gpu: { instanceType: "a", size: "b" } }, "workers.gpu.size"],
    [{ gpu: { region: "fra1" } as object }, 'Unknown option "workers.gpu.region"'],
  ])("%j is refused, with its place", (workers, message) => {
    expect(() => resolved(workers)).toThrow(message);
  });
});

describe("A cluster of three groups", () => {
  test("has droplets of each group's size, image and tags, and scales one group alone", async () => {
    await using account = await TestAccount.open({ ...FAST, dropletLimit: 50 });
    const cluster = await account.cluster(THREE).start();
    expect(sizesOf(account)).toEqual({
      scheduler: ["s-2vcpu-4gb"],
      cpu: ["s-2vcpu-4gb", "s-2vcpu-4gb"],
      gpu: [GPU_SIZE],
    });
    const gpu = account.cloud.machines.find(({ size }) => size === GPU_SIZE);
    expect(gpu).toMatchObject({ image: null });
    expect(gpu?.tags.filter((tag) => !tag.startsWith("dask-fleet"))).toEqual(["team:data", "kind:gpu", "metered"]);
    const others = account.cloud.machines.filter(({ size }) => size !== GPU_SIZE);
    expect(
      new Set(others.flatMap(({ image, tags }) => [image, ...tags.filter((tag) => /^team|^kind|^met/.test(tag))])),
    ).toEqual(new Set(["ubuntu-24-04-x64", "team:data"]));
    const bodies = account.cloud.account.droplets.map((droplet) => droplet.toJson()["features"]);
    expect(bodies.filter((features) => String(features).includes("monitoring"))).toHaveLength(1);
    const withGpu = account.cloud.machines.filter(({ userData }) =>
      userDataFiles(Buffer.from(userData ?? "")).some(({ content }) => content.includes("DASK_FLEET_GPU='1'")),
    );
    expect(withGpu.map(({ size }) => size)).toEqual([GPU_SIZE]);

    await cluster.scale({ big: 1 });
    expect(sizesOf(account)).toMatchObject({ big: ["s-4vcpu-8gb"], cpu: { length: 2 }, gpu: { length: 1 } });
    // One call for each group, and one for the scheduler.
    expect(creations(account)).toBe(4);
    const looks = account.cloud.calls
      .operations()
      .filter((operation) => /^(?:listSizes|listImages|getImage)$/.test(operation));
    expect(looks.toSorted()).toEqual(["getImage", "getImage", "listSizes"]);
    await cluster.close();
    expect([account.cloud.leftovers("lab"), account.cloud.violations]).toEqual([[], []]);
  });

  test("replaces a lost droplet by one of its own group", async () => {
    await using account = await TestAccount.open(FAST);
    const cluster = await account.cluster({ ...THREE, lostWorkerTimeoutMs: 200 }).start();
    const lost = account.cloud.machines.find(({ size }) => size === GPU_SIZE);
    account.cloud.kill(lost?.id ?? "");
    const isReplaced = (): boolean =>
      account.cloud.machines.some(({ id, size }) => size === GPU_SIZE && id !== lost?.id);
    await until("another", isReplaced);
    await cluster.waitForWorkers();
    expect(sizesOf(account)["cpu"]).toHaveLength(2);
    await cluster.close();
  });

  test.each([
    ["has no capacity", { capacity: [{ size: GPU_SIZE, droplets: 0 }] }, /no Droplets of this size in this region/],
    [
      "is of a size that the account may not have yet",
      { restrictedSizes: [GPU_SIZE] },
      /may not have Droplets of this size yet/,
    ],
  ])("starts without a group that %s, and says so", async (_what, behaviour, reason) => {
    await using account = await TestAccount.open({ ...FAST, ...behaviour });
    const gpu = { ...THREE.workers?.["gpu"], minWorkers: 0 };
    const cluster = account.cluster({ ...THREE, workers: { ...THREE.workers, gpu } });
    const warnings: string[] = [];
    cluster.onProgress((event) => {
      if (event.type === "warning") warnings.push(event.message);
    });
    await cluster.start();
    expect(sizesOf(account)).toEqual({ scheduler: ["s-2vcpu-4gb"], cpu: ["s-2vcpu-4gb", "s-2vcpu-4gb"] });
    expect(warnings.find((each) => each.startsWith("Group gpu: 0 of 1 machines"))).toMatch(reason);
    await cluster.scale({ cpu: 4 });
    expect(sizesOf(account)["cpu"]).toHaveLength(4);
    await cluster.close();
  });

  test("shares the account's droplet limit: what one group cannot have does not stop another", async () => {
    await using account = await TestAccount.open({ ...FAST, dropletLimit: 6 });
    const workers = { cpu: { count: 10, minWorkers: 1 }, big: { instanceType: "s-4vcpu-8gb" } };
    const cluster = await account.cluster({ ...CLOSED, workers }).start();
    expect(account.cloud.machines.length).toBeLessThanOrEqual(6);
    await cluster.scale({ cpu: 1 });
    await cluster.scale({ big: 2 });
    expect(sizesOf(account)).toMatchObject({ cpu: { length: 1 }, big: { length: 2 } });
    await cluster.close();
  });

  test.each([
    [{ size: "z-99" }, "Group gpu: DigitalOcean has no droplets of the size z-99"],
    [{ size: "c-2" }, "Group gpu: The region nyc3 has no droplets of the size c-2; nyc1, fra1 have them."],
    [{ image: "no-such-image" }, "Group gpu: DigitalOcean has no image no-such-image"],
    [{ size: "s-1vcpu-1gb", image: 171_000_001 }, "Group gpu: The image 171000001 needs a disk of 60 GB"],
    [
      { diskSize: 500 },
      "Group gpu: The `workers.gpu.diskSize` option asks for 500 GB, but a droplet of the size s-2vcpu-4gb",
    ],
  ])("is refused for %j of a group, before anything is made", async (gpu, message) => {
    await using account = await TestAccount.open(FAST);
    const cluster = account.cluster({ ...CLOSED, workers: { cpu: { count: 1 }, gpu } });
    await expect(cluster.start()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(message),
    });
    expect(account.cloud.calls.operations().filter((operation) => /^(?:create|delete)/.test(operation))).toEqual([]);
  });

  test("has its groups in another process: it creates a group's kind of droplets, and removes all", async () => {
    await using account = await TestAccount.open(FAST);
    const first = await account.cluster(THREE).start();
    await first.detach();
    const second = await OpenCluster.attach("lab");
    const before = account.cloud.calls.operations().length;
    await second.scale({ gpu: 2 });
    expect(sizesOf(account)).toMatchObject({ gpu: [GPU_SIZE, GPU_SIZE], cpu: { length: 2 } });
    // What a group is made of is looked up once, for this group alone.
    const since = account.cloud.calls.operations().slice(before);
    expect(since.filter((operation) => /^(?:listSizes|getImage|createDroplets)$/.test(operation)).toSorted()).toEqual([
      "createDroplets",
      "getImage",
      "listSizes",
    ]);
    const gpu = account.cloud.machines.find(({ size }) => size === GPU_SIZE);
    expect(account.cloud.machines.findLast(({ size }) => size === GPU_SIZE)?.tags).toEqual(gpu?.tags);
    await second.detach();
    await DropletCluster.remove("lab");
    expect(account.cloud.leftovers("lab")).toEqual([]);
  });

  test("asks for three groups of 100 with as many calls as for one of 300", { timeout: patient(60_000) }, async () => {
    const calls = async (options: DropletClusterOptions): Promise<Readonly<Record<string, number>>> => {
      await using account = await TestAccount.open(FAST);
      const cluster = await account
        .cluster({ ...CLOSED, pollIntervalMs: 1000, startTimeoutMs: 300_000, ...options })
        .start();
      const times: Record<string, number> = {};
      for (const operation of account.cloud.calls.operations()) times[operation] = (times[operation] ?? 0) + 1;
      await cluster.close();
      return times;
    };
    const hundred = { count: 100 };
    const three = await calls({ workers: { cpu: hundred, gpu: { ...hundred, size: GPU_SIZE }, big: hundred } });
    const one = await calls({ nWorkers: 300 });
    const { listDroplets: _some, getDroplet: _waits, ...fixed } = three;
    expect(one).toMatchObject(fixed);
    expect(three["createDroplets"]).toBe(31);
  });
});

describe("Before a start", () => {
  test("the plan has a line for each group, and looks up each one's image and GPUs", async () => {
    await using account = await TestAccount.open(FAST);
    const cluster = account.cluster(THREE);
    for (const look of [false, true]) {
      const { machines } = await cluster.plan({ look });
      expect(machines.map(({ group, count, types, image, gpu }) => [group, count, types[0], image, gpu])).toEqual([
        [undefined, 1, "s-2vcpu-4gb", "ubuntu-24-04-x64", undefined],
        ["cpu", 2, "s-2vcpu-4gb", "ubuntu-24-04-x64", undefined],
        ["gpu", 1, GPU_SIZE, "171000001", "NVIDIA, of the size"],
        ["big", 0, "s-4vcpu-8gb", "ubuntu-24-04-x64", undefined],
      ]);
      expect(machines[2]?.tags).toMatchObject({ team: "data", kind: "gpu", metered: "", "worker-group": "gpu" });
    }
  });

  test("the doctor looks at sizes, images and the number of droplets of all groups", async () => {
    await using _ = await TestAccount.open({ dropletLimit: 4 });
    const doctor = async (workers: DropletClusterOptions["workers"]) =>
      await findingsOf(DropletCluster.doctor({ ...THREE, apiRetries: 1, workers }));
    const findings = await doctor(THREE.workers);
    expect(findings.get("machines")?.found).toBe(`s-2vcpu-4gb, ${GPU_SIZE}, s-4vcpu-8gb in nyc3`);
    expect(findings.get("image")?.found).toBe("ubuntu-24-04-x64, dask-baked");
    expect(findings.get("quota")).toMatchObject({ state: "bad", found: "droplets: 0 of 4 used, 5 needed" });
    const wrong = await doctor({ cpu: { count: 1 }, gpu: { size: "z-99", image: "no-such-image" } });
    expect(wrong.get("machines")?.remedy).toContain("Group gpu: DigitalOcean has no droplets of the size z-99");
    expect(wrong.get("image")?.remedy).toContain("Group gpu: DigitalOcean has no image no-such-image");
  });
});
