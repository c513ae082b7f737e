// Machine-seconds bought above the optimum in hours of random demand, by the policy and by Dask's own adaptive target on one kind of
// machines: node bench/adapting.ts [hours] [seed]
import fc from "fast-check";

import { type AdaptingGroup, planGroups } from "../src/fleet/adaptive/policy.ts";
import { slotsOf } from "../src/fleet/adaptive/worker-bins.ts";
import {
  type Burst,
  DemandWorld,
  type MachineKind,
  type Policy,
  TARGET_SECONDS,
} from "../test/support/demand-world.ts";

const [hours = "8", seed = "1"] = process.argv.slice(2);
const SECONDS = Number(hours) * 3600;
const BOOT = { bootSeconds: 60, minimum: 0 };
const CPU = { name: "cpu", maximum: 40, shape: { threads: 4, resources: {} }, price: 1, ...BOOT };
const GPU = { name: "gpu", maximum: 40, shape: { threads: 4, resources: { GPU: 1 } }, price: 5, ...BOOT };
const BIG = { name: "big", maximum: 40, shape: { threads: 8, resources: { MEMORY: 500 } }, price: 6, ...BOOT };
/** One kind that can do everything, as Dask needs it. */
const ALL = { name: "all", maximum: 40, shape: { threads: 8, resources: { GPU: 1, MEMORY: 500 } }, price: 9, ...BOOT };

const bursts: readonly Burst[] =
  fc.sample(
    fc.array(
      fc
        .record({
          at: fc.integer({ min: 1, max: SECONDS - 1800 }),
          need: fc.constantFrom({}, {}, {}, { GPU: 1 }, { MEMORY: 200 }),
          count: fc.integer({ min: 1, max: 100 }),
          seconds: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 600 })),
        })
        .map(({ need, ...burst }) => ({ ...burst, resources: need, name: `${JSON.stringify(need)}-${burst.seconds}` })),
      { minLength: 8 * Number(hours), maxLength: 8 * Number(hours) },
    ),
    { seed: Number(seed), numRuns: 1 },
  )[0] ?? [];

/** `Scheduler.adaptive_target` (distributed 2026.8): one number for all workers. */
const dask: Policy = ({ sets }, [group]) => {
  if (group === undefined) return {};
  const seconds = sets.reduce((sum, set) => sum + set.seconds, 0);
  const tasks = sets.reduce((sum, { waiting, running }) => sum + waiting + running, 0);
  const threads = Math.min(tasks, Math.ceil(seconds / TARGET_SECONDS));
  // Without workers it does not know their threads.
  const workers = group.joined === 0 ? threads : Math.ceil(threads / group.shape.threads);
  return { [group.name]: Math.min(group.maximum, workers) };
};
const ours: Policy = (demand, groups: readonly AdaptingGroup[]) => planGroups(demand, groups, []).machines;

/** The least machine-seconds: no boot, no idle thread. Plain tasks fill what machines for others leave. */
function optimum(kinds: readonly MachineKind[]): Readonly<Record<string, number>> {
  const machines: Record<string, number> = {};
  let plain = 0;
  for (const { resources, count, seconds } of bursts) if (Object.keys(resources).length === 0) plain += count * seconds;
  for (const { name, shape } of kinds.toReversed()) {
    const byNeed: Record<string, number> = {};
    let threads = 0;
    for (const { resources, count, seconds } of bursts) {
      const slots = slotsOf(shape, { threads: 1, resources });
      const need = Object.keys(resources).join();
      if (need === "" || slots === 0) continue;
      byNeed[need] = (byNeed[need] ?? 0) + (count * seconds) / slots;
      threads += count * seconds;
    }
    const least = Math.max(threads / shape.threads, ...Object.values(byNeed));
    const isLast = name === kinds[0]?.name;
    machines[name] = isLast ? Math.max(least, (threads + plain) / shape.threads) : least;
    plain = Math.max(0, plain - (least * shape.threads - threads));
  }
  return machines;
}

function run(name: string, kinds: readonly MachineKind[], policy: Policy): void {
  const world = new DemandWorld({ kinds, bursts, policy });
  while (world.now < SECONDS || !world.isOver) world.step();
  const best = optimum(kinds);
  const sum = (of: Readonly<Record<string, number>>): number =>
    kinds.reduce((all, kind) => all + (of[kind.name] ?? 0), 0);
  const costOf = (of: Readonly<Record<string, number>>): number =>
    kinds.reduce((all, kind) => all + ((of[kind.name] ?? 0) * (kind.price ?? 0)) / 3600, 0);
  const waits = world.done.map(({ arrivedAt, startedAt = 0 }) => startedAt - arrivedAt).toSorted((a, b) => a - b);
  const above = sum(world.paid) - sum(best);
  console.log(
    `${name}: ${sum(world.paid)} machine-seconds bought, ${Math.round(above)} (${Math.round((100 * above) / sum(best))} %) above the optimum of ` +
      `its kinds; cost ${costOf(world.paid).toFixed(1)} (optimum ${costOf(best).toFixed(1)}); tasks waited ` +
      `${waits[waits.length >> 1]} s (median), ${waits[Math.floor(0.95 * waits.length)]} s (95 %)`,
  );
}

console.log(
  `${hours} hours, ${bursts.length} bursts, ${bursts.reduce((sum, { count }) => sum + count, 0)} tasks, boot ${BOOT.bootSeconds} s`,
);
run("three groups by demand", [CPU, GPU, BIG], ours);
run("one kind by demand", [ALL], ours);
run("one kind by Dask's adaptive target", [ALL], dask);
