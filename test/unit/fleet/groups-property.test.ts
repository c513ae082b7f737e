import { performance } from "node:perf_hooks";

import fc from "fast-check";
import { expect, test, vi } from "vitest";

import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { Consoles } from "../../../src/fleet/consoles/consoles.ts";
import { Fleet } from "../../../src/fleet/fleet.ts";
import { type NodeView, planFleet } from "../../../src/fleet/plan.ts";
import { SchedulerRestarts } from "../../../src/fleet/scheduler-restarts.ts";
import { Troubles } from "../../../src/fleet/troubles.ts";
import { UnknownWorkers } from "../../../src/fleet/unknown-workers.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import type { ClusterProvider } from "../../../src/provider/complete-provider.ts";
import type { CreatedMachines, Machine } from "../../../src/provider/machine.ts";
import { groupOf, withinBounds } from "../../../src/provider/worker-group.ts";
import { seedOfRun } from "../../support/seed.ts";
import { booting, without, worker, working } from "../cluster/machines.ts";

const SECOND = 1000;
const STEP_MS = 5 * SECOND;
const BOOT_MS = 30 * SECOND;
const LIMITS = { lostAfterMs: 15 * SECOND, joinWithinMs: 600 * SECOND, stuckAfterMs: 300 * SECOND, listLagMs: 0 };
/** A cap, a floor and no bounds at all. */
const GROUPS = [
  { name: "cpu", minimum: 0, maximum: 6 },
  { name: "gpu", minimum: 1, maximum: 3 },
  { name: "default", minimum: 0 },
] as const;
type GroupName = (typeof GROUPS)[number]["name"];
/** The longest pause after refusals or early failures. */
const RECOVERY_MS = 25 * 60 * SECOND;

const groupName = fc.constantFrom<GroupName>("cpu", "gpu", "default");

test("A plan for one group reaches a size within its bounds, and includes no machines of another", () => {
  const views: readonly ((id: string) => NodeView)[] = [
    (id) => working(id),
    (id) => booting(id, SECOND),
    (id) => without(id, 60 * SECOND),
    (id) => working(id, { machine: worker(id, { state: "stopped" }) }),
    (id) => working(id, { joined: false, incompleteMs: 600 * SECOND }),
  ];
  const node = fc.record({ group: groupName, kind: fc.nat(views.length - 1) });
  fc.assert(
    fc.property(
      fc.array(node, { maxLength: 20 }),
      fc.array(fc.nat(12), { minLength: 3, maxLength: 3 }),
      (all, asked) => {
        const nodes = all.map(({ group, kind }, nth) => ({ group, view: views[kind]?.(`${group}-${nth}`) }));
        for (const [nth, group] of GROUPS.entries()) {
          const own = nodes.flatMap(({ group: name, view }) =>
            name === group.name && view !== undefined ? [view] : [],
          );
          const target = withinBounds(asked[nth] ?? 0, group);
          const { lost, renew, cancel, retire, create } = planFleet(own, target, LIMITS);
          const touched = [...lost.map((each) => each.node), ...renew.map((each) => each.node), ...cancel];
          expect(touched.every(({ machine }) => machine.id.startsWith(`${group.name}-`))).toBe(true);
          expect(own.length - lost.length - cancel.length - retire + create).toBe(target);
          expect(withinBounds(target, group)).toBe(target);
        }
      },
    ),
  );
});

/** Events between two passes. */
type Happening =
  | { readonly what: "scale"; readonly group: GroupName; readonly size: number }
  | { readonly what: "die"; readonly group: GroupName }
  | { readonly what: "refuse" | "lose" | "give"; readonly group: GroupName }
  | { readonly what: "nothing" };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ what: fc.constant("scale" as const), group: groupName, size: fc.nat(9) }),
  fc.record({ what: fc.constant("die" as const), group: groupName }),
  fc.record({ what: fc.constantFrom("refuse" as const, "lose" as const, "give" as const), group: groupName }),
  fc.record({ what: fc.constant("nothing" as const) }),
);

class World {
  now = 0;
  readonly machines = new Map<string, { readonly machine: Machine; readonly madeAt: number }>();
  readonly mood = new Map<string, "refuse" | "lose" | "give">();
  readonly targets = new Map<string, number>();
  /** What the fleet observed. */
  looks: ("list" | "overview")[] = [];
  #made = 0;
  readonly #retired = new Set<string>();

  of(group: string, isFit: (machine: Machine) => boolean = () => true): readonly Machine[] {
    const all = [...this.machines.values()].map(({ machine }) => machine);
    return all.filter((machine) => groupOf(machine) === group && isFit(machine));
  }

  alive(group: string): readonly Machine[] {
    return this.of(group, ({ state }) => state === "running");
  }

  get #workers(): readonly object[] {
    const up = [...this.machines.values()].filter(
      ({ machine, madeAt }) =>
        machine.state === "running" && this.now - madeAt >= BOOT_MS && !this.#retired.has(machine.id),
    );
    return up.map(({ machine: { nodeName: name } }) => ({
      name,
      status: "running",
      address: `tcp://${name}:1`,
      host: name,
    }));
  }

  readonly provider: Pick<ClusterProvider, "list" | "destroy" | "console"> = {
    list: async (_signal, { notRunning = false } = {}) => {
      this.looks.push("list");
      const all = [...this.machines.values()].map(({ machine }) => machine);
      return all.filter(({ state }) => !notRunning || state !== "running");
    },
    destroy: async (doomed) => {
      for (const { name } of GROUPS) {
        const going = this.alive(name).filter(({ id }) => doomed.some((each) => each.id === id)).length;
        // Only a surplus of working machines is removed.
        expect(going).toBeLessThanOrEqual(Math.max(0, this.alive(name).length - (this.targets.get(name) ?? 0)));
      }
      for (const { id } of doomed) this.machines.delete(id);
    },
    console: async () => "",
  };

  readonly scheduler = {
    overview: async () => {
      this.looks.push("overview");
      return { scheduler: { id: "Scheduler-1", started: new Date(0) }, workers: this.#workers };
    },
    workers: async () => this.#workers,
    // The oldest first, across all groups.
    workersToClose: async ({ n }: { n: number }) =>
      this.#workers.slice(0, n).map((each) => (each as { readonly name: string }).name),
    retireWorkers: async ({ names }: { names: readonly string[] }) => {
      for (const name of names) this.#retired.add(name);
    },
  } as unknown as SchedulerClient;

  async create(group: GroupName, count: number): Promise<CreatedMachines> {
    const mood = this.mood.get(group);
    if (mood === "refuse") {
      return { machines: [], shortfall: new DaskFleetError("CAPACITY_UNAVAILABLE", `no ${group}`) };
    }
    const machines = Array.from({ length: count }, (): Machine => {
      this.#made += 1;
      const id = `${group}-${this.#made}`;
      const told = group === "default" ? undefined : group;
      const machine: Machine = { id, nodeName: id, role: "worker", group: told, state: "running" };
      this.machines.set(id, { machine, madeAt: this.now });
      return machine;
    });
    expect(this.alive(group).length).toBeLessThanOrEqual(this.targets.get(group) ?? 0);
    if (mood === "lose") throw new Error("the reply was lost");
    return { machines };
  }

  die(group: string): void {
    const [victim] = this.alive(group);
    const known = this.machines.get(victim?.id ?? "");
    if (known === undefined) return;
    this.machines.set(known.machine.id, { ...known, machine: { ...known.machine, state: "stopped" } });
  }
}

async function live(happenings: readonly Happening[]): Promise<void> {
  const world = new World();
  vi.spyOn(performance, "now").mockImplementation(() => world.now);
  const emit = (_event: ProgressEvent): undefined => undefined;
  const troubles = new Troubles(emit);
  const graceMs = LIMITS.listLagMs;
  const fleet = new Fleet({
    provider: world.provider,
    groups: GROUPS.map((group) => ({ ...group, processes: 1, create: (count) => world.create(group.name, count) })),
    scheduler: () => world.scheduler,
    limits: LIMITS,
    pollIntervalMs: 0,
    retireTimeoutMs: 60 * SECOND,
    callTimeoutMs: 60 * SECOND,
    consoles: new Consoles({ clusterName: "c", provider: world.provider }),
    troubles,
    unknown: new UnknownWorkers({ clusterName: "c", nodeNameFrom: "instance-id", graceMs, troubles, emit }),
    restarts: new SchedulerRestarts(troubles),
    emit,
    isStarting: () => false,
    mayAct: async () => true,
  });
  const scale = (group: GroupName, size: number): void => {
    fleet.setTarget({ [group]: size });
    world.targets.set(group, fleet.group(group).target);
  };
  for (const { name } of GROUPS) scale(name, 2);
  const step = async (): Promise<void> => {
    world.now += STEP_MS;
    world.looks = [];
    await fleet.reconcile();
    // Independent of the number of groups.
    expect(["overview", "overview list"]).toContain(world.looks.join(" "));
    for (const { name, maximum = Infinity } of GROUPS as readonly { name: GroupName; maximum?: number }[]) {
      expect(world.alive(name).length).toBeLessThanOrEqual(maximum);
    }
  };
  for (const each of happenings) {
    if (each.what === "scale") scale(each.group, each.size);
    else if (each.what === "die") world.die(each.group);
    else if (each.what !== "nothing") world.mood.set(each.group, each.what);
    await step();
  }
  // One group's clouds stay bad; the others reach their sizes.
  const bad = GROUPS.find(({ name }) => ["refuse", "lose"].includes(world.mood.get(name) ?? "give"))?.name;
  for (const { name } of GROUPS) if (name !== bad) world.mood.set(name, "give");
  const others = GROUPS.filter(({ name }) => name !== bad);
  const isWhole = (name: string): boolean => {
    const { joined, target, size } = fleet.group(name);
    return joined === target && size === target;
  };
  const until = world.now + RECOVERY_MS;
  while (world.now < until && !others.every(({ name }) => isWhole(name))) await step();
  expect(others.map(({ name }) => [name, fleet.group(name).joined])).toEqual(
    others.map(({ name }) => [name, world.targets.get(name)]),
  );
  await fleet.stop();
}

test("Whatever happens to one group's machines, no group exceeds its bounds, takes another's machines, or keeps another from its size", async () => {
  await fc.assert(fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 60 }), live), {
    seed: seedOfRun(),
    numRuns: 40,
    endOnFailure: false,
  });
}, 120_000);
