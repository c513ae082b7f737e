import { describe, expect, test } from "vitest";

import type { ResourceDemand, Resources } from "../../../src/dask/demand.ts";
import { splitTarget } from "../../../src/fleet/adaptive/plain-target.ts";
import { type AdaptingGroup, type OtherWorkers, planGroups } from "../../../src/fleet/adaptive/policy.ts";

const HOUR = 3600;

function tasks(count: number, resources: Resources = {}, more: Partial<ResourceDemand> = {}): ResourceDemand {
  return { resources, waiting: count, running: 0, seceded: 0, seconds: count * HOUR, names: [], ...more };
}

function group(name: string, resources: Resources = {}, more: Partial<AdaptingGroup> = {}): AdaptingGroup {
  const shape = { threads: 4, resources };
  const now = { target: 0, size: 0, joined: 0, busy: 0, isShort: false };
  return { name, minimum: 0, maximum: 9, shape, workersPerMachine: 1, targetSeconds: 5, ...now, ...more };
}

const there = (machines: number): Partial<AdaptingGroup> => ({ target: machines, size: machines, joined: machines });
const [CPU, GPU] = [group("cpu"), group("gpu", { GPU: 1 })];

function machinesFor(
  sets: readonly ResourceDemand[],
  groups: readonly AdaptingGroup[],
  others: readonly OtherWorkers[] = [],
): Readonly<Record<string, number>> {
  return planGroups({ sets, crowded: [] }, groups, others).machines;
}

describe("The machines for tasks", () => {
  test("go to the group that can serve them", () => {
    expect(machinesFor([tasks(3, { GPU: 1 }), tasks(8)], [CPU, GPU])).toEqual({ cpu: 2, gpu: 3 });
    expect(machinesFor([tasks(3, { GPU: 1 })], [CPU, GPU])).toEqual({ cpu: 0, gpu: 3 });
    expect(machinesFor([], [CPU, { ...GPU, minimum: 2 }])).toEqual({ cpu: 0, gpu: 2 });
  });

  test("are as many as get them done in time, on their threads, and no more than there are tasks", () => {
    // distributed #8037: 10,000 tasks of 5 s in 5 minutes need 42 workers of 4 threads, where Dask asked for 167.
    const large = { ...CPU, maximum: 200, targetSeconds: 300 };
    expect(machinesFor([tasks(10_000, {}, { seconds: 50_000 })], [large])).toEqual({ cpu: 42 });
    // distributed #4108: three long tasks scaled to ten workers.
    expect(machinesFor([tasks(3)], [group("cpu", {}, { shape: { threads: 1, resources: {} } })])).toEqual({ cpu: 3 });
    // One that takes no time still needs a worker.
    expect(machinesFor([tasks(1, {}, { seconds: 0 })], [CPU])).toEqual({ cpu: 1 });
  });

  test("have room for what tasks need at once: a GPU is one task's", () => {
    const memory = group("big", { MEM: 10 }, { shape: { threads: 8, resources: { MEM: 10 } } });
    expect(machinesFor([tasks(4, { MEM: 6 })], [memory])).toEqual({ big: 4 });
    expect(machinesFor([tasks(4, { MEM: 5 })], [memory])).toEqual({ big: 2 });
    // Several sets share a worker's resources.
    expect(machinesFor([tasks(2, { MEM: 6 }), tasks(2, { MEM: 4 })], [memory])).toEqual({ big: 2 });
    expect(machinesFor([tasks(1, { MEM: 10 }), tasks(1, { MEM: 1 })], [memory])).toEqual({ big: 2 });
    // Short ones take turns: 20 tasks of half a second are two at a time.
    expect(machinesFor([tasks(20, { GPU: 1 }, { seconds: 10 })], [GPU])).toEqual({ gpu: 2 });
    const kinds = Array.from({ length: 20 }, (_, nth) => tasks(1, { GPU: 1, [`R${nth}`]: 0 }, { seconds: 0.1 }));
    expect(machinesFor(kinds, [GPU])).toEqual({ gpu: 1 });
  });

  test("are of the cheapest group for a task where all prices are known, else of the first as written", () => {
    const [first, second] = [group("first", { GPU: 1 }, { price: 4 }), group("second", { GPU: 4 }, { price: 8 })];
    expect(machinesFor([tasks(4, { GPU: 1 })], [first, second])).toEqual({ first: 0, second: 1 });
    expect(machinesFor([tasks(4, { GPU: 1 })], [first, { ...second, price: undefined }])).toEqual({
      first: 4,
      second: 0,
    });
  });

  test("are of the next group where the first has its maximum, and of none above all maxima", () => {
    const groups = [group("a", { GPU: 1 }, { maximum: 2 }), group("b", { GPU: 1 }, { maximum: 3 })];
    expect(machinesFor([tasks(4, { GPU: 1 })], groups)).toEqual({ a: 2, b: 2 });
    expect(machinesFor([tasks(99, { GPU: 1 })], groups)).toEqual({ a: 2, b: 3 });
  });

  test("are of the next group where the cloud refuses those of the first, which is asked for one more", () => {
    const short = group("a", { GPU: 1 }, { size: 1, target: 4, joined: 1, isShort: true });
    expect(machinesFor([tasks(4, { GPU: 1 })], [short, group("b", { GPU: 1 })])).toEqual({ a: 2, b: 3 });
    // Once they are there, nothing more is wanted.
    expect(machinesFor([tasks(4, { GPU: 1 })], [short, group("b", { GPU: 1 }, there(3))])).toEqual({ a: 1, b: 3 });
    // With nowhere else to go, all are asked for again.
    expect(machinesFor([tasks(4, { GPU: 1 })], [short, group("b", { GPU: 1 }, { isShort: true })])).toEqual({
      a: 4,
      b: 1,
    });
  });

  test("that are there are used before others are bought, booting ones too", () => {
    const [cheap, dear] = [
      group("cheap", { GPU: 1 }, { price: 1 }),
      group("dear", { GPU: 1 }, { price: 9, ...there(2) }),
    ];
    expect(machinesFor([tasks(3, { GPU: 1 })], [cheap, dear])).toEqual({ cheap: 1, dear: 2 });
    expect(machinesFor([tasks(1, { GPU: 1 })], [{ ...cheap, ...there(1) }, dear])).toEqual({ cheap: 1, dear: 0 });
  });

  test("are not bought for workers that belong to no group that adapts", () => {
    const node = { threads: 2, resources: { GPU: 1 }, workers: 1 };
    expect(machinesFor([tasks(1, { GPU: 1 }), tasks(1)], [CPU, GPU], [node])).toEqual({ cpu: 0, gpu: 0 });
    expect(machinesFor([tasks(2, { GPU: 1 }), tasks(5)], [CPU, GPU], [node])).toEqual({ cpu: 1, gpu: 1 });
  });

  test("of which one is enough until it has shown how many workers it has", () => {
    const unknown = { ...CPU, workersPerMachine: undefined };
    expect(machinesFor([tasks(99)], [unknown])).toEqual({ cpu: 1 });
    // The next group does not take over what it might do.
    expect(
      machinesFor(
        [tasks(9, { GPU: 1 })],
        [
          { ...GPU, workersPerMachine: undefined },
          { ...GPU, name: "b" },
        ],
      ),
    ).toEqual({
      gpu: 1,
      b: 0,
    });
    expect(machinesFor([tasks(64)], [{ ...CPU, workersPerMachine: 2 }])).toEqual({ cpu: 8 });
  });
});

describe("Plain tasks", () => {
  test("buy no machines with resources", () => {
    expect(machinesFor([tasks(99)], [GPU, { ...CPU, maximum: 2 }])).toEqual({ gpu: 0, cpu: 2 });
    expect(machinesFor([tasks(99)], [GPU], [{ threads: 1, resources: {}, workers: 1 }])).toEqual({ gpu: 0 });
  });

  test("buy those of the first group where there are no others", () => {
    expect(machinesFor([tasks(99)], [{ ...GPU, maximum: 2 }, group("big", { MEM: 1 })])).toEqual({ gpu: 2, big: 0 });
    // A group that adapts between 0 and 0 serves nobody.
    expect(machinesFor([tasks(8)], [{ ...CPU, maximum: 0 }, GPU])).toEqual({ cpu: 0, gpu: 2 });
  });

  test("keep none of them either, and fill what those that stay have left", () => {
    expect(machinesFor([tasks(8)], [CPU, { ...GPU, ...there(3) }])).toEqual({ cpu: 2, gpu: 0 });
    const working = { ...GPU, ...there(1), busy: 1 };
    expect(machinesFor([tasks(7), tasks(1, { GPU: 1 })], [CPU, working])).toEqual({ cpu: 1, gpu: 1 });
    expect(machinesFor([tasks(3)], [CPU, { ...GPU, minimum: 1 }])).toEqual({ cpu: 0, gpu: 1 });
    expect(machinesFor([tasks(3)], [CPU, { ...GPU, ...there(2), busy: 1 }])).toEqual({ cpu: 0, gpu: 1 });
  });
});

test("Tasks that no worker of any group could run buy nothing, and are told", () => {
  const tpu = tasks(5, { TPU: 1 });
  const both = tasks(5, { GPU: 1, MEM: 1 });
  const plan = planGroups({ sets: [tpu, both], crowded: [] }, [CPU, GPU, group("big", { MEM: 8 })], []);
  expect(plan).toEqual({ machines: { cpu: 0, gpu: 0, big: 0 }, unserved: [tpu, both] });
  // A group that does not adapt could be scaled.
  expect(planGroups({ sets: [tpu], crowded: [] }, [CPU], [{ threads: 1, resources: { TPU: 4 }, workers: 0 }])).toEqual({
    machines: { cpu: 0 },
    unserved: [],
  });
});

test("Tasks that have left their thread need no other, and keep their resources", () => {
  const held = tasks(3, { GPU: 1 }, { waiting: 0, running: 3, seceded: 2, seconds: HOUR });
  expect(machinesFor([held], [{ ...GPU, ...there(2) }])).toEqual({ gpu: 3 });
  expect(machinesFor([tasks(0, {}, { running: 9, seceded: 9, seconds: 0 })], [CPU])).toEqual({ cpu: 0 });
});

test("Short memory doubles the workers of its kind while they have work, as in Dask", () => {
  const groups = [
    { ...CPU, ...there(3) },
    { ...GPU, ...there(2) },
  ];
  const plan = (sets: readonly ResourceDemand[], crowded: readonly Resources[]): unknown =>
    planGroups({ sets, crowded }, groups, []).machines;
  expect(plan([tasks(1)], [{}])).toEqual({ cpu: 6, gpu: 0 });
  expect(plan([tasks(1, { GPU: 1 })], [{ GPU: 1 }])).toEqual({ cpu: 0, gpu: 4 });
  expect(plan([], [{}, { GPU: 1 }])).toEqual({ cpu: 0, gpu: 0 });
});

test("Dask's plain target is split in the order of the groups, which keep what they have as far as it reaches", () => {
  const groups = [
    { ...CPU, maximum: 4 },
    { ...GPU, ...there(2), workersPerMachine: 2 },
  ];
  const split = (workers: number, others: readonly OtherWorkers[] = []): unknown =>
    splitTarget(workers, groups, others);
  expect(split(0)).toEqual({ cpu: 0, gpu: 0 });
  expect(split(3)).toEqual({ cpu: 0, gpu: 2 });
  expect(split(6)).toEqual({ cpu: 2, gpu: 2 });
  expect(split(99)).toEqual({ cpu: 4, gpu: 9 });
  expect(split(6, [{ threads: 1, resources: {}, workers: 3 }])).toEqual({ cpu: 0, gpu: 2 });
});
