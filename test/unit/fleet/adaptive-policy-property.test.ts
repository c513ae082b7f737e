import fc from "fast-check";
import { expect, test } from "vitest";

import { planGroups } from "../../../src/fleet/adaptive/policy.ts";
import { canServe, slotsOf } from "../../../src/fleet/adaptive/worker-bins.ts";
import { type Burst, DemandWorld, type MachineKind, TARGET_SECONDS } from "../../support/demand-world.ts";
import { seedOfRun } from "../../support/seed.ts";

const CPU = { name: "cpu", minimum: 0, maximum: 12, shape: { threads: 4, resources: {} } };
const GPU = { name: "gpu", minimum: 0, maximum: 5, shape: { threads: 4, resources: { GPU: 1 } } };
const BIG = { name: "big", minimum: 1, maximum: 3, shape: { threads: 8, resources: { MEMORY: 100, GPU: 0 } } };

/** Needs of tasks; none for the last. */
const NEEDS = [{}, { GPU: 1 }, { MEMORY: 30 }, { MEMORY: 100 }, { GPU: 0.5 }, { TPU: 1 }, { GPU: 1, MEMORY: 10 }];
const HOURS = 1;
/** After the last burst everything ends within this. */
const LONGEST_SECONDS = 120;

const kinds: fc.Arbitrary<readonly MachineKind[]> = fc
  .tuple(fc.shuffledSubarray([CPU, GPU, BIG], { minLength: 1 }), fc.integer({ min: 1, max: 90 }))
  .map(([chosen, bootSeconds]) => chosen.map((kind) => ({ ...kind, bootSeconds })));

const bursts: fc.Arbitrary<readonly Burst[]> = fc.array(
  fc
    .record({
      at: fc.integer({ min: 1, max: HOURS * 3600 - LONGEST_SECONDS }),
      need: fc.nat(NEEDS.length - 1),
      count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 })),
      seconds: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: LONGEST_SECONDS })),
    })
    // A name is a function: it takes about the same time whenever it runs.
    .map(({ need, seconds, ...burst }) => ({
      ...burst,
      seconds,
      resources: NEEDS[need] ?? {},
      name: `${need}-${seconds}`,
    })),
  { minLength: 1, maxLength: 25 },
);

/** After this many looks a group without tasks has its minimum. */
const IDLE_LOOKS = 5;

test("Over hours of random demand: no task waits while its group has room, nothing above a maximum, nothing for what cannot run, idle groups at their minimum", () => {
  fc.assert(
    fc.property(kinds, bursts, fc.boolean(), (given, work, knowsDurations) => {
      const world = new DemandWorld({
        kinds: given,
        bursts: work,
        knowsDurations,
        policy: (demand, groups) => planGroups(demand, groups, []).machines,
      });
      const idleLooks = new Map<string, number>();
      const boot = given[0]?.bootSeconds ?? 0;
      while (world.now < HOURS * 3600 || !world.isOver) {
        if (world.now > 5 * HOURS * 3600) expect(world.demand.sets).toEqual("an end");
        world.step();
        const waits = [...world.waiting];
        for (const kind of given) {
          const { name, minimum, maximum, shape } = kind;
          const size = world.of(name).length;
          if (size > maximum || size < minimum) expect([name, size]).toBe("within bounds");
          const isPlain = Object.keys(shape.resources).length === 0;
          const isFor = (task: { readonly resources: Readonly<Record<string, number>> }): boolean =>
            canServe(shape, task.resources) &&
            (isPlain || Object.keys(task.resources).length > 0 || given.length === 1);
          // Room where tasks that it is for wait for longer than a boot, and than others need to end in time. What takes long of an unknown
          // duration is known when it runs, and then further machines boot.
          const longest = (knowsDurations ? 1 : 2) * boot + 3 * TARGET_SECONDS;
          const late = waits.find((task) => isFor(task) && world.now - task.arrivedAt > longest);
          if (late !== undefined && size < maximum && !isBeingServed(world, kind)) {
            expect({ late, size, now: world.now, demand: world.demand.sets }).toBe(
              "no task that waits while there is room",
            );
          }
          // The policy does not know where tasks run: those that run elsewhere may keep a machine until they end.
          const hasWork =
            world.of(name).some(({ running }) => running.length > 0) ||
            world.demand.sets.some(({ resources }) => canServe(shape, resources));
          idleLooks.set(name, hasWork ? 0 : (idleLooks.get(name) ?? 0) + 1);
          if ((idleLooks.get(name) ?? 0) > IDLE_LOOKS && size !== minimum)
            expect([name, size, world.now]).toBe("the minimum");
        }
      }
      expect(world.waiting.every((task) => !given.some(({ shape }) => canServe(shape, task.resources)))).toBe(true);
    }),
    { seed: seedOfRun(), numRuns: 25, interruptAfterTimeLimit: 40_000 },
  );
}, 120_000);

/**
 * Whether machines of a kind boot, or are enough within the target duration: for all tasks, or, beside long ones that wait no more, for those
 * that wait.
 */
function isBeingServed(world: DemandWorld, { name, shape }: MachineKind): boolean {
  const machines = world.of(name);
  if (machines.some(({ readyAt }) => readyAt + 1 >= world.now)) return true;
  // Dask runs plain tasks anywhere, and others wait behind them: docs/worker-groups.md says so, and what helps.
  const isPlain = ({ resources }: { readonly resources: object }): boolean => Object.keys(resources).length === 0;
  if (!isPlain(shape) && machines.some(({ running }) => running.some(isPlain))) return true;
  const sets = world.demand.sets.filter(({ resources }) => canServe(shape, resources));
  const all = sets.reduce(
    (sum, { seconds, resources }) => sum + seconds / slotsOf(shape, { threads: 1, resources }),
    0,
  );
  if (all <= machines.length * TARGET_SECONDS) return true;
  const settled = new Set(sets.filter(({ waiting }) => waiting === 0).map(({ resources }) => keyOf(resources)));
  const left = machines.map(({ running }) =>
    without(
      shape,
      running.filter((task) => settled.has(keyOf(task.resources))),
    ),
  );
  const load = sets
    .filter(({ waiting }) => waiting > 0)
    .reduce((sum, { seconds, resources }) => {
      const slots = left.reduce((free, each) => free + Math.max(0, slotsOf(each, { threads: 1, resources })), 0);
      return sum + seconds / slots;
    }, 0);
  return load <= TARGET_SECONDS;
}

function keyOf(resources: Readonly<Record<string, number>>): string {
  return JSON.stringify(Object.entries(resources).toSorted(([one], [other]) => one.localeCompare(other)));
}

/** What tasks leave of a worker. */
function without(
  { threads, resources }: MachineKind["shape"],
  tasks: readonly { readonly resources: Readonly<Record<string, number>> }[],
): MachineKind["shape"] {
  const left = new Map(Object.entries(resources));
  for (const task of tasks)
    for (const [name, amount] of Object.entries(task.resources)) left.set(name, (left.get(name) ?? 0) - amount);
  return { threads: threads - tasks.length, resources: Object.fromEntries(left) };
}

/** Whether the cloud refuses machines of a kind beyond a number, in which part of each quarter of an hour. */
const refusals = fc.record({ kind: fc.constantFrom("cpu", "gpu", "big"), most: fc.nat(2), quarter: fc.nat(3) });

test("Without new tasks a size that has fallen never rises again, also where the cloud refuses machines", () => {
  fc.assert(
    fc.property(kinds, bursts, fc.option(refusals, { nil: undefined }), (given, work, refused) => {
      const world = new DemandWorld({
        kinds: given,
        bursts: work,
        knowsDurations: true,
        policy: (demand, groups) => planGroups(demand, groups, []).machines,
        gives: (kind, now) =>
          kind === refused?.kind && Math.floor(now / 900) === refused.quarter ? refused.most : Infinity,
      });
      const fallen = new Set<string>();
      const risen: unknown[] = [];
      const arrivals = new Set(work.map(({ at }) => at));
      while (world.now < HOURS * 3600) {
        const before = new Map(given.map(({ name }) => [name, world.of(name).length]));
        world.step();
        // What the cloud refused it may give later.
        if (arrivals.has(world.now) || world.now % 900 === 0) fallen.clear();
        for (const { name } of given) {
          const [was, is] = [before.get(name) ?? 0, world.of(name).length];
          if (is < was) fallen.add(name);
          else if (is > was && fallen.has(name)) risen.push([name, was, is, world.now]);
        }
      }
      expect(risen).toEqual([]);
    }),
    { seed: seedOfRun(), numRuns: 25, interruptAfterTimeLimit: 40_000 },
  );
}, 120_000);
