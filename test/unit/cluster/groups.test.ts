import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "vitest";

import { boundsToAdapt } from "../../../src/cluster/bounds-to-adapt.ts";
import { noWorkers } from "../../../src/cluster/groups.ts";
import { readRecord, recordPath } from "../../../src/cluster/record.ts";
import { Deadline } from "../../../src/deadline.ts";
import { DaskFleetError, messageOf } from "../../../src/errors.ts";
import { readIntendedBounds } from "../../../src/state/intended-bounds.ts";
import { readIntendedSizes, writeIntendedSizes } from "../../../src/state/intended-size.ts";
import { until } from "../../support/until.ts";
import { FakeCloud } from "./fake-cloud.ts";
import { FakeCluster, ownStateDirectory } from "./fake-cluster.ts";
import { GroupLife } from "./group-life.ts";

const { files } = ownStateDirectory();

const CPU = { name: "cpu", size: 2, quorum: 2 };
const GPU = {
  name: "gpu",
  size: 1,
  quorum: 0,
  maximum: 3,
  options: { workerOptions: { resources: { GPU: 1 } }, envVars: { CUDA: "yes" } },
};
const TWO = { name: "lab", groups: [CPU, GPU] };

/** Counts each value of a list. */
function timesOf(things: readonly unknown[]): Readonly<Record<string, number>> {
  const times: Record<string, number> = {};
  for (const thing of things) times[String(thing)] = (times[String(thing)] ?? 0) + 1;
  return times;
}

test("Two groups start concurrently with one create call each, and every event names the group", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, ...TWO });
  expect(life.sizes).toEqual({ cpu: [2, 2], gpu: [1, 1] });
  expect(cloud.asked).toEqual([
    { group: "cpu", count: 2 },
    { group: "gpu", count: 1 },
  ]);
  expect(cloud.tokens.map((token) => token.replace(/^lab-[0-9a-f]{16}-|-[0-9a-f]{8}-\d+$/g, ""))).toEqual([
    "scheduler",
    "worker-cpu",
    "worker-gpu",
  ]);
  expect(life.running.describe()).toBe("cpu: 2 of 2 workers joined, 2 machines; gpu: 1 of 1 workers joined, 1 machine");
  const workers = await life.running.workers({});
  expect(timesOf(workers.map(({ group }) => group))).toEqual({ cpu: 2, gpu: 1 });
  const of = (type: string): unknown[] =>
    life.events.flatMap((event) => (event.type === type && "group" in event ? [event.group] : []));
  expect([timesOf(of("target")), timesOf(of("machine"))]).toEqual([
    { cpu: 1, gpu: 1 },
    { cpu: 6, gpu: 3 },
  ]);
});

test("Machines of a group use its own options, and others the cluster's", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, ...TWO, envVars: { PLAIN: "yes" } });
  const told = (group: string): string => {
    const { files: parts } = life.running.spec.userData("worker", "10.0.0.1", { group });
    return JSON.stringify(parts);
  };
  expect([told("cpu").includes("PLAIN"), told("cpu").includes("CUDA")]).toEqual([true, false]);
  expect([told("gpu").includes("PLAIN"), told("gpu").includes("CUDA"), told("gpu").includes("GPU")]).toEqual([
    false,
    true,
    true,
  ]);
});

test("Scaling one group leaves the others unchanged", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, ...TWO });
  const cpu = cloud.workersIn("cpu").map(({ id }) => id);
  await life.scale({ gpu: 3 });
  expect(life.sizes).toEqual({ cpu: [2, 2], gpu: [3, 3] });
  // Dask offers the workers of the other group first: they are older.
  await life.scale({ gpu: 1 });
  expect(life.sizes).toEqual({ cpu: [2, 2], gpu: [1, 1] });
  expect(cloud.workersIn("cpu").map(({ id }) => id)).toEqual(cpu);
  await life.scale({ cpu: 0, gpu: 2 });
  expect([life.sizes, cloud.workersIn("cpu")]).toEqual([{ cpu: [0, 0], gpu: [2, 2] }, []]);
});

test("A size outside a group's bounds and an unknown group are refused", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, ...TWO });
  const refusals = await Promise.allSettled([life.scale({ gpu: 4 }), life.scale({ tpu: 1 }), life.scale(1)]);
  expect(refusals).toMatchObject([
    { reason: { code: "CONFIG_INVALID", message: "Expected 0 to 3 machines for the worker group gpu, got 4" } },
    { reason: { code: "CONFIG_INVALID", message: 'Unknown worker group "tpu". Known: cpu, gpu.' } },
    {
      reason: {
        code: "CONFIG_INVALID",
        message: "The cluster has several worker groups, cpu, gpu: name those to scale.",
      },
    },
  ]);
  expect(life.sizes).toEqual({ cpu: [2, 2], gpu: [1, 1] });
});

test("A group without capacity does not block other groups, and the start needs only its quorum", async () => {
  await using cloud = await FakeCloud.open();
  cloud.capacityOf.set("gpu", 0);
  await using life = await GroupLife.start({ cloud, ...TWO });
  expect(life.sizes).toEqual({ cpu: [2, 2], gpu: [1, 0] });
  expect(life.messages).toEqual([
    expect.stringMatching(/^Group gpu: 0 of 1 machines: The cloud has none today \(refused 1 time/),
    expect.stringMatching(/^Only 0 of 1 gpu workers have joined \(its quorum is 0\): cpu: 2 of 2 workers joined/),
  ]);
  const troubles = life.events.flatMap((event) => (event.type === "trouble" ? [[event.kind, event.group]] : []));
  expect(new Set(troubles.map(String))).toEqual(new Set(["creation,gpu"]));
  await life.scale({ cpu: 4 });
  expect(life.sizes).toEqual({ cpu: [4, 4], gpu: [1, 0] });
  const denied = new DaskFleetError("AUTH_FAILED", "Not with this key");
  cloud.fault = (verb) => (verb === "create" ? denied : undefined);
  await expect(life.running.waitForWorkers({ gpu: 1 }, new Deadline(60_000))).rejects.toBe(denied);
  // The others are enough for the quorum, whatever happens to that group.
  await life.running.waitForWorkers(4, new Deadline(60_000));
  await expect(life.running.waitForWorkers(5, new Deadline(60_000))).rejects.toBe(denied);
  cloud.fault = () => undefined;
  cloud.capacityOf.delete("gpu");
  // A new request resets the back-off, which has grown to half a minute by now.
  await life.scale({ gpu: 1 });
  expect(life.sizes).toEqual({ cpu: [4, 4], gpu: [1, 1] });
});

test("A start fails with the cloud's reason when a group stays below its quorum", async () => {
  await using cloud = await FakeCloud.open();
  cloud.capacityOf.set("gpu", 0);
  const groups = [CPU, { ...GPU, quorum: 1 }];
  const started = GroupLife.start({ cloud, name: "lab", groups, startTimeoutMs: 1500 });
  await expect(started).rejects.toMatchObject({
    code: "CAPACITY_UNAVAILABLE",
    message: expect.stringMatching(
      /^Timed out.*2 cpu workers and 1 gpu worker to join.*\n.*gpu: 0 of 1 workers joined/,
    ),
  });
});

test("A stalled create call of one group delays no other group", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, ...TWO });
  cloud.fault = (verb, nth) => (verb === "create" && nth === 4 ? "hang" : undefined);
  const growing = life.scale({ gpu: 2 }).catch((error: unknown) => error);
  await until("the call that hangs", () => cloud.calls.filter((verb) => verb === "create").length === 4);
  const [victim = { id: "" }] = cloud.workersIn("cpu");
  cloud.kill(victim.id);
  await life.scale({ cpu: 3 });
  expect(cloud.workersIn("cpu").map(({ id }) => id)).not.toContain(victim.id);
  expect(life.sizes).toEqual({ cpu: [3, 3], gpu: [2, 1] });
  await life.running.leave();
  expect(await growing).toBeInstanceOf(DaskFleetError);
});

test("A lost machine is replaced within its group", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, ...TWO });
  const [victim = { id: "" }] = cloud.workersIn("gpu");
  cloud.kill(victim.id);
  await until("another", () => cloud.workersIn("gpu").some(({ id }) => id !== victim.id));
  await until("it to join", () => life.sizes["gpu"]?.[1] === 1);
  expect(cloud.asked.slice(2)).toEqual([{ group: "gpu", count: 1 }]);
  expect(life.events).toContainEqual(
    expect.objectContaining({ type: "machine", change: "lost", id: victim.id, group: "gpu" }),
  );
});

test("Early failures in one group do not slow down replacement in another", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, ...TWO });
  for (let round = 0; round < 5; round += 1) {
    const [victim] = cloud.workersIn("gpu");
    if (victim === undefined) break;
    cloud.kill(victim.id);
    await until("it to be gone", () => !cloud.machines.has(victim.id));
    await Promise.race([until("another", () => cloud.workersIn("gpu").length === 1), life.running.fleet.reconcile()]);
  }
  await until("it to be told", () =>
    life.messages.some((message) => message.startsWith("Group gpu: Machines are lost")),
  );
  const [victim = { id: "" }] = cloud.workersIn("cpu");
  cloud.kill(victim.id);
  await until("another", () => cloud.workersIn("cpu").length === 2 && life.sizes["cpu"]?.[1] === 2);
  expect(cloud.workersIn("gpu")).toEqual([]);
});

const FOR_GPU = { resources: { GPU: 1 }, waiting: 9, running: 0, seceded: 0, seconds: 3600, names: ["train"] };

test("One group adapts within its bounds to tasks for it, and the others stay unchanged", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, ...TWO });
  await life.scale({ gpu: 0 });
  // Plain tasks wait for the group without resources, though it does not adapt.
  cloud.dask.wish = 9;
  await life.running.adapt({ maximum: 50, intervalMs: 5, waitCount: 1 }, "gpu");
  await until("many looks", () => cloud.dask.demands.length > 20);
  expect(life.sizes).toEqual({ cpu: [2, 2], gpu: [0, 0] });
  cloud.dask.sets = [FOR_GPU];
  await until("the group's maximum", () => life.sizes["gpu"]?.[1] === 3);
  cloud.dask.sets = [];
  await until("no gpu worker", () => cloud.workersIn("gpu").length === 0);
  expect(life.sizes).toEqual({ cpu: [2, 2], gpu: [0, 0] });
  await life.running.stopAdapting();
});

test("adapt() without bounds has each group with a maximum follow the tasks for it, with one question for all", async () => {
  await using cloud = await FakeCloud.open();
  const groups = [{ ...CPU, maximum: 5, minimum: 1 }, GPU, { name: "fixed", size: 0, quorum: 0 }];
  await using life = await GroupLife.start({ cloud, name: "lab", groups });
  cloud.dask.wish = 4;
  cloud.dask.sets = [{ ...FOR_GPU, waiting: 2 }];
  await life.running.adapt({ intervalMs: 5, waitCount: 1 });
  expect(await readIntendedBounds("lab", ["cpu", "gpu", "fixed"])).toEqual({
    cpu: { minimum: 1, maximum: 5, intervalMs: 5, waitCount: 1 },
    gpu: { minimum: 0, maximum: 3, intervalMs: 5, waitCount: 1 },
  });
  await until("machines for both", () => life.sizes["cpu"]?.[1] === 4 && life.sizes["gpu"]?.[1] === 2);
  cloud.dask.wish = 0;
  cloud.dask.sets = [];
  await until("both minima", () => cloud.workers.length === 1);
  expect(life.sizes).toEqual({ cpu: [1, 1], gpu: [0, 0], fixed: [0, 0] });
  // One group goes on when another is stopped.
  await life.running.stopAdapting("gpu");
  cloud.dask.wish = 2;
  cloud.dask.sets = [FOR_GPU];
  await until("the other group", () => life.sizes["cpu"]?.[1] === 2);
  expect(life.sizes["gpu"]).toEqual([0, 0]);
  // One loop of both: their looks do not add up.
  const [asked, began] = [cloud.dask.demands.length, performance.now()];
  await until("many looks", () => cloud.dask.demands.length > asked + 20);
  expect(cloud.dask.demands.length - asked).toBeLessThanOrEqual((performance.now() - began) / 5 + 2);
});

test("Where the cloud refuses a group's machines, the next group that can serve the tasks gets them", async () => {
  await using cloud = await FakeCloud.open();
  const groups = [
    { ...GPU, size: 0 },
    { ...GPU, name: "gpu-dear", size: 0 },
  ];
  await using life = await GroupLife.start({ cloud, name: "lab", groups });
  cloud.capacityOf.set("gpu", 1);
  cloud.dask.sets = [{ ...FOR_GPU, waiting: 3 }];
  await life.running.adapt({ intervalMs: 5, waitCount: 3 });
  await until("machines of both", () => life.sizes["gpu"]?.[1] === 1 && life.sizes["gpu-dear"]?.[1] === 2);
  // What is there is enough: the cloud is not asked on and on.
  await until("no more to be wanted", () => life.sizes["gpu"]?.[0] === 1);
  const asked = cloud.dask.demands.length;
  await until("many looks", () => cloud.dask.demands.length > asked + 50);
  expect(life.sizes).toEqual({ gpu: [1, 1], "gpu-dear": [2, 2] });
});

test("Bounds by group, and what adapt() refuses", async () => {
  const bounded = [
    { ...CPU, minimum: 0 },
    { ...GPU, minimum: 0 },
  ];
  expect(boundsToAdapt(bounded, { cpu: { maximum: 9 }, gpu: { minimum: 1 } })).toEqual({
    cpu: { minimum: 0, maximum: 9 },
    gpu: { minimum: 1, maximum: 3 },
  });
  expect(boundsToAdapt(bounded, { waitCount: 9 })).toEqual({ gpu: { minimum: 0, maximum: 3, waitCount: 9 } });
  expect(boundsToAdapt([{ ...CPU, minimum: 2 }], { maximum: 1 })).toEqual({ cpu: { minimum: 1, maximum: 1 } });
  const refused = (...[options, group]: [Parameters<typeof boundsToAdapt>[1], string?]): string => {
    try {
      return JSON.stringify(boundsToAdapt(bounded, options, group));
    } catch (error) {
      return messageOf(error);
    }
  };
  expect(refused({ maximum: 3 })).toBe('Unknown worker group "default". Known: cpu, gpu.');
  expect(refused({ minimum: 1 }, "cpu")).toMatch(/^Expected adapt\(\{ maximum \}\) for the worker group cpu/);
  expect(refused({ cpu: {} })).toMatch(/^Expected adapt\(\{ maximum \}\) for the worker group cpu/);
  expect(refused({ tpu: { maximum: 1 } })).toMatch(/^Unknown worker group "tpu"/);
  expect(refused({ gpu: { maximum: 1 } }, "gpu")).toMatch(/it names the groups/);
  expect(refused({ gpu: { minimum: 4 } })).toMatch(/minimum }\) to be at most 3, got 4/);
  expect(() => boundsToAdapt([{ ...CPU, minimum: 0 }], {})).toThrow(/adapt\(\) needs a maximum: machines cost money/);
});

test("The record holds the groups, and the store each group's size", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, ...TWO });
  await life.scale({ gpu: 2 });
  const { version, groups, options } = await readRecord("lab");
  expect([version, groups]).toEqual([2, life.cluster.resolved.groups]);
  expect(options).not.toHaveProperty("groups");
  expect((await readdir(join(recordPath("lab"), ".."))).toSorted()).toEqual([
    "lead.1",
    "record.json",
    "workers.cpu",
    "workers.gpu",
  ]);
  expect(await readIntendedSizes("lab", ["cpu", "gpu", "none"])).toEqual({ cpu: 2, gpu: 2 });
});

test("Two launchers adopt each other's group sizes, and the second takes over all groups", async () => {
  await using cloud = await FakeCloud.open();
  const first = await GroupLife.start({ cloud, ...TWO });
  await using second = await GroupLife.attach({ cloud, name: "lab" });
  expect(second.sizes).toEqual({ cpu: [2, 2], gpu: [1, 1] });
  await second.scale({ gpu: 3 });
  await first.scale({ cpu: 1 });
  await until("both to agree", () => second.sizes["cpu"]?.[0] === 1 && first.sizes["gpu"]?.[0] === 3);
  await first[Symbol.asyncDispose]();
  const [victim = { id: "" }] = cloud.workersIn("gpu");
  cloud.kill(victim.id);
  await until("a replacement by the second", () => second.sizes["gpu"]?.[1] === 3 && !cloud.machines.has(victim.id));
  expect([cloud.workersIn("cpu").length, cloud.workersIn("gpu").length]).toEqual([1, 3]);
});

test("A target of zero for every group is followed, even below a group's minimum, as remove() writes it", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, name: "lab", groups: [CPU, { ...GPU, minimum: 1 }] });
  await expect(life.scale({ gpu: 0 })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  await writeIntendedSizes("lab", noWorkers((await readRecord("lab")).groups));
  await until("the launcher to follow", () => cloud.workers.length === 0);
  expect(life.sizes).toEqual({ cpu: [0, 0], gpu: [0, 0] });
  await FakeCluster.remove("lab", { cloud });
  expect([cloud.empty, await files()]).toEqual([true, []]);
});

test("A machine tagged with an unknown group is reported, and left alone", async () => {
  await using cloud = await FakeCloud.open();
  await using life = await GroupLife.start({ cloud, ...TWO });
  const tags = { creator: "dask-fleet", "cluster-name": "lab", "cluster-id": life.cluster.id ?? "", role: "worker" };
  cloud.create({
    role: "worker",
    count: 1,
    token: "theirs",
    userData: new Uint8Array(),
    tags: { ...tags, "worker-group": "tpu" },
  });
  // While all is well, everything is listed every ten minutes only.
  for (const { id } of cloud.workersIn("cpu")) cloud.dask.leave(id);
  await until("it to be told", () => life.messages.some((message) => message.includes("tpu")));
  await life.scale({ cpu: 1 });
  expect([life.sizes, cloud.workersIn("tpu").length]).toEqual([{ cpu: [1, 1], gpu: [1, 1] }, 1]);
});

test("A cluster with the group `default` and others still scales by a number", async () => {
  await using cloud = await FakeCloud.open();
  const groups = [{ name: "default", size: 1, quorum: 1 }, GPU];
  await using life = await GroupLife.start({ cloud, name: "lab", groups });
  await life.scale(2);
  expect([life.sizes, cloud.asked]).toEqual([
    { default: [2, 2], gpu: [1, 1] },
    [
      { group: "default", count: 1 },
      { group: "gpu", count: 1 },
      { group: "default", count: 1 },
    ],
  ]);
  expect(await readFile(join(recordPath("lab"), "../workers"), "utf8")).toBe("2\n");
  // As a launcher of an older version without groups does.
  await writeFile(join(recordPath("lab"), "../workers"), "1\n");
  await until("the size that it has set", () => life.sizes["default"]?.[0] === 1);
});
