import { performance } from "node:perf_hooks";

import fc from "fast-check";
import { expect, test, vi } from "vitest";

import { createWithFallbacks } from "../../../src/cloud/machines/fallbacks.ts";
import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import { DaskFleetError, type Meaning } from "../../../src/errors.ts";
import { Consoles } from "../../../src/fleet/consoles/consoles.ts";
import { Fleet } from "../../../src/fleet/fleet.ts";
import { SchedulerRestarts } from "../../../src/fleet/scheduler-restarts.ts";
import { Troubles } from "../../../src/fleet/troubles.ts";
import { UnknownWorkers } from "../../../src/fleet/unknown-workers.ts";
import type { ProgressEvent } from "../../../src/progress.ts";
import type { ClusterProvider } from "../../../src/provider/complete-provider.ts";
import type { CreatedMachines, Machine } from "../../../src/provider/machine.ts";
import { seedOfRun } from "../../support/seed.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const STEP_MS = 5 * SECOND;
const BOOT_MS = 45 * SECOND;
const LIMITS = {
  lostAfterMs: 15 * SECOND,
  joinWithinMs: 10 * MINUTE,
  stuckAfterMs: 5 * MINUTE,
  listLagMs: 30 * SECOND,
};
/** The time to full size without obstacles: the longest pauses, a boot, and a poll. */
const RECOVERY_MS = 90 * SECOND + BOOT_MS + LIMITS.listLagMs + 2 * STEP_MS;
/** The same after early failures: the next machine may wait ten minutes, and the others until it has worked for five. */
const RECOVERY_FROM_DEATHS_MS = 10 * MINUTE + BOOT_MS + 5 * MINUTE + RECOVERY_MS;

/** The cloud's state for a while, in each of two zones and two capacity types. */
interface Weather {
  readonly minutes: number;
  /** The capacity for machines of each of the four kinds. */
  readonly room: readonly [number, number, number, number];
  /** The reason for refusing create calls, if any. */
  readonly refusal: Meaning | undefined;
  /** Whether create calls lose their reply. */
  readonly loses: boolean;
  /** The fate of machines: reclaimed, or dead soon after they joined. */
  readonly deaths: "none" | "some" | "young";
}

const weather: fc.Arbitrary<Weather> = fc.record({
  minutes: fc.integer({ min: 1, max: 30 }),
  room: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4), fc.nat(4)),
  refusal: fc.option(
    fc.constantFrom<Meaning>("throttled", "transient", "quota", "permission", "credentials", "policy", "unknown"),
    { nil: undefined, freq: 3 },
  ),
  loses: fc.boolean(),
  deaths: fc.constantFrom("none", "none", "some", "young"),
});

const FINE: Weather = { minutes: 0, room: [9, 9, 9, 9], refusal: undefined, loses: false, deaths: "none" };

interface Booted {
  readonly machine: Machine;
  readonly kind: number;
  readonly madeAt: number;
}

/** A cloud and a scheduler on a clock that the test moves. */
class SimulatedHours {
  now = 0;
  weather: Weather = FINE;
  readonly machines = new Map<string, Booted>();
  made = 0;
  diedYoung = 0;
  peak = 0;
  readonly told: ProgressEvent[] = [];
  readonly troubles = new Troubles((event) => this.told.push(event));

  get joined(): readonly Booted[] {
    return [...this.machines.values()].filter(
      ({ machine, madeAt }) => machine.state === "running" && this.now - madeAt >= BOOT_MS,
    );
  }

  get #workers(): readonly object[] {
    return this.joined.map(({ machine: { nodeName } }) => ({
      name: nodeName,
      status: "running",
      address: `tcp://${nodeName}:4000`,
      host: nodeName,
    }));
  }

  readonly provider: Pick<ClusterProvider, "create" | "list" | "destroy" | "console"> = {
    create: () => Promise.reject(new Error("createWorkers is asked")),
    list: async (_signal, { notRunning = false } = {}) =>
      [...this.machines.values()]
        .map(({ machine }) => machine)
        .filter(({ state }) => !notRunning || state !== "running"),
    destroy: async (doomed) => {
      for (const { id } of doomed) this.machines.delete(id);
    },
    console: async () => "",
  };

  readonly scheduler = {
    overview: async () => ({ scheduler: { id: "Scheduler-1", started: new Date(0) }, workers: this.#workers }),
    workers: async () => this.#workers,
    workersToClose: async ({ n }: { n: number }) => this.joined.slice(0, n).map(({ machine }) => machine.nodeName),
    retireWorkers: async () => [],
  } as unknown as SchedulerClient;

  async create(count: number): Promise<CreatedMachines> {
    const { refusal, loses, room } = this.weather;
    if (refusal !== undefined) {
      const shortfall = new DaskFleetError("PROVIDER_FAILED", `refused: ${refusal}`, { meaning: refusal });
      return { machines: [], shortfall };
    }
    const made = await createWithFallbacks(
      [0, 1, 2, 3],
      count,
      async (kind, wanted) => this.#make(kind, Math.min(wanted, (room[kind] ?? 0) - this.#count(kind)), wanted),
      { describe: (kind) => `kind ${kind}`, quotaOf: String },
    );
    if (loses) throw new Error("the reply was lost");
    return made;
  }

  /** Advances the clock, and applies the machines' fates meanwhile. */
  pass(dies: (booted: Booted) => boolean): void {
    this.now += STEP_MS;
    for (const [id, booted] of this.machines) {
      const workedMs = this.now - booted.madeAt - BOOT_MS;
      const isYoung = this.weather.deaths === "young" && workedMs >= 0;
      if (!isYoung && !(this.weather.deaths === "some" && dies(booted))) continue;
      if (workedMs < 5 * MINUTE + 2 * STEP_MS && booted.machine.state === "running") this.diedYoung += 1;
      this.machines.set(id, { ...booted, machine: { ...booted.machine, state: "stopped" } });
    }
  }

  #count(kind: number): number {
    return [...this.machines.values()].filter((booted) => booted.kind === kind).length;
  }

  #make(kind: number, possible: number, wanted: number): CreatedMachines {
    const machines = Array.from({ length: Math.max(0, possible) }, (): Machine => {
      this.made += 1;
      const id = `m${this.made}`;
      const machine: Machine = { id, nodeName: id, role: "worker", state: "running" };
      this.machines.set(id, { machine, kind, madeAt: this.now });
      return machine;
    });
    this.peak = Math.max(this.peak, this.machines.size);
    if (machines.length === wanted) return { machines };
    return { machines, shortfall: new DaskFleetError("CAPACITY_UNAVAILABLE", "no room") };
  }
}

interface Life {
  readonly target: number;
  readonly weathers: readonly Weather[];
  readonly seed: number;
}

async function live({ target, weathers, seed }: Life): Promise<void> {
  const hours = new SimulatedHours();
  vi.spyOn(performance, "now").mockImplementation(() => hours.now);
  let drawn = seed;
  const chance = (): number => {
    drawn = (Math.imul(drawn, 1_664_525) + 1_013_904_223) >>> 0;
    return drawn / 2 ** 32;
  };
  const fleet = new Fleet({
    provider: hours.provider,
    groups: [{ name: "default", minimum: 0, processes: 1, create: (count) => hours.create(count) }],
    scheduler: () => hours.scheduler,
    limits: LIMITS,
    pollIntervalMs: 0,
    retireTimeoutMs: MINUTE,
    callTimeoutMs: MINUTE,
    consoles: new Consoles({ clusterName: "c", provider: hours.provider }),
    troubles: hours.troubles,
    unknown: new UnknownWorkers({
      clusterName: "c",
      nodeNameFrom: "instance-id",
      graceMs: LIMITS.listLagMs,
      troubles: hours.troubles,
      emit: (event) => hours.told.push(event),
    }),
    restarts: new SchedulerRestarts(hours.troubles),
    emit: (event) => hours.told.push(event),
    isStarting: () => false,
    mayAct: async () => true,
  });
  fleet.setTarget({ default: target });
  const step = async (): Promise<void> => {
    hours.pass(() => chance() < 0.002);
    await fleet.reconcile();
    expect(hours.peak).toBeLessThanOrEqual(target);
    // Without enough workers, machines are booting or trouble was reported.
    const booting = hours.machines.size - hours.joined.length;
    if (fleet.joined < target && booting === 0) expect(hours.troubles.none).toBe(false);
  };
  for (const weather of weathers) {
    hours.weather = weather;
    for (const until = hours.now + weather.minutes * MINUTE; hours.now < until;) await step();
  }
  const passed = hours.now;
  hours.weather = FINE;
  const bound = hours.diedYoung > 0 ? RECOVERY_FROM_DEATHS_MS : RECOVERY_MS;
  while (fleet.joined < target && hours.now - passed <= bound) await step();
  expect(fleet.joined).toBe(target);
  await step();
  expect(hours.troubles.none).toBe(true);
  // Wasted machines: the immediate replacements, then a tenth of the size at pauses of up to ten minutes.
  const batch = Math.max(1, Math.ceil(target / 10));
  const series = weathers.length + 1;
  const paused = 6 + Math.ceil(hours.now / (10 * MINUTE));
  expect(hours.diedYoung).toBeLessThanOrEqual(target + series * Math.max(3, Math.ceil(target / 4)) + batch * paused);
}

test("Hours of shortages, refusals, lost replies and crashes never exceed the limit, are reported, waste little money, and end at full size", async () => {
  const seed = seedOfRun();
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        target: fc.integer({ min: 1, max: 12 }),
        weathers: fc.array(weather, { minLength: 1, maxLength: 12 }),
        seed: fc.nat(),
      }),
      live,
    ),
    { seed, numRuns: 40, endOnFailure: false },
  );
}, 120_000);
