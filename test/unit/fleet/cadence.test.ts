import { performance } from "node:perf_hooks";

import { expect, test, vi } from "vitest";

import type { Membership } from "../../../src/dask/agent/membership-watcher.ts";
import type { SchedulerClient } from "../../../src/dask/scheduler-client.ts";
import type { WorkerInfo } from "../../../src/dask/worker-info.ts";
import { Cadence } from "../../../src/fleet/cadence.ts";
import { Consoles } from "../../../src/fleet/consoles/consoles.ts";
import { Fleet } from "../../../src/fleet/fleet.ts";
import { SchedulerRestarts } from "../../../src/fleet/scheduler-restarts.ts";
import { Troubles } from "../../../src/fleet/troubles.ts";
import { UnknownWorkers } from "../../../src/fleet/unknown-workers.ts";
import type { ListOptions } from "../../../src/provider/cloud-provider.ts";
import type { Machine } from "../../../src/provider/machine.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const POLL_MS = 5 * SECOND;
const LIST_LAG_MS = 30 * SECOND;
/** A cloud without a filter answers for 200 machines at a time. */
const PAGE = 200;

/** A cloud, an agent and a monitor on a clock that the test moves. */
class World {
  now = 0;
  readonly machines = new Map<string, Machine>();
  /** Undefined: the agent is missing. */
  workers: Map<string, WorkerInfo> | undefined = new Map();
  lists: { readonly at: number; readonly notRunning: boolean; readonly pages: number }[] = [];
  overviews = 0;
  readonly fleet: Fleet;
  #made = 0;

  constructor(target: number) {
    vi.spyOn(performance, "now").mockImplementation(() => this.now);
    const emit = (): undefined => undefined;
    const troubles = new Troubles(emit);
    const provider = {
      list: async (_signal: AbortSignal, { notRunning = false }: ListOptions = {}) => {
        const all = [...this.machines.values()];
        this.lists.push({ at: this.now, notRunning, pages: Math.ceil(all.length / PAGE) });
        return all.filter(({ state }) => !notRunning || state !== "running");
      },
      destroy: async (doomed: readonly Machine[]) => {
        for (const { id } of doomed) this.machines.delete(id);
      },
      console: async () => "",
    };
    const overview = async (): Promise<Membership> => {
      this.overviews += 1;
      return this.membership;
    };
    this.fleet = new Fleet({
      provider,
      groups: [
        { name: "default", minimum: 0, processes: 1, create: async (count) => ({ machines: this.#make(count) }) },
      ],
      scheduler: () => ({ overview }) as unknown as SchedulerClient,
      membership: () => (this.workers === undefined ? undefined : this.membership),
      limits: { lostAfterMs: 15 * SECOND, joinWithinMs: 10 * MINUTE, stuckAfterMs: 5 * MINUTE, listLagMs: LIST_LAG_MS },
      pollIntervalMs: POLL_MS,
      retireTimeoutMs: MINUTE,
      callTimeoutMs: MINUTE,
      consoles: new Consoles({ clusterName: "c", provider }),
      troubles,
      unknown: new UnknownWorkers({ clusterName: "c", nodeNameFrom: "instance-id", graceMs: MINUTE, troubles, emit }),
      restarts: new SchedulerRestarts(troubles),
      emit,
      isStarting: () => false,
      mayAct: async () => true,
    });
    this.fleet.setTarget({ default: target });
  }

  get membership(): Membership {
    return { scheduler: { id: "s", started: new Date(0) }, workers: [...(this.workers ?? this.#joined).values()] };
  }

  readonly #joined = new Map<string, WorkerInfo>();

  #make(count: number): Machine[] {
    return Array.from({ length: count }, () => {
      this.#made += 1;
      const id = `m${this.#made}`;
      const machine: Machine = { id, nodeName: id, role: "worker", state: "running" };
      this.machines.set(id, machine);
      const worker = { name: id, address: `tcp://${id}:1`, host: id, status: "running" } as WorkerInfo;
      (this.workers ?? this.#joined).set(id, worker);
      return machine;
    });
  }

  /** As the monitor does, which looks every five seconds at whether a pass is due. */
  async live(ms: number): Promise<void> {
    for (const until = this.now + ms; this.now < until; this.now += POLL_MS) {
      if (this.fleet.restMs === 0) await this.fleet.reconcile();
    }
  }
}

test("A calm hour of 1,000 workers takes fewer than 200 calls to the cloud, and seven full lists, in a cloud that cannot filter", async () => {
  const world = new World(1000);
  await world.live(10 * MINUTE);
  expect(world.fleet.joined).toBe(1000);
  world.lists = [];
  await world.live(HOUR);
  expect(world.lists.reduce((sum, { pages }) => sum + pages, 0)).toBeLessThan(200);
  expect(world.lists.filter(({ notRunning }) => !notRunning).length).toBeLessThanOrEqual(7);
  expect(world.lists.length).toBeGreaterThanOrEqual(20);
  expect(world.overviews).toBe(0);
});

test("A small cluster is looked at every minute or so, also when the agent is missing", async () => {
  const world = new World(3);
  await world.live(10 * MINUTE);
  world.lists = [];
  await world.live(HOUR);
  expect([world.lists.length >= 50, world.lists.length <= 65]).toEqual([true, true]);

  const polled = new World(3);
  polled.workers = undefined;
  await polled.live(10 * MINUTE);
  polled.lists = [];
  polled.overviews = 0;
  await polled.live(HOUR);
  expect([polled.lists.length >= 50, polled.lists.length <= 65, polled.overviews]).toEqual([true, true, 720]);
});

test("A lost worker has the cloud asked at once, and its stopped machine is replaced in the same pass", async () => {
  const world = new World(10);
  await world.live(30 * MINUTE);
  world.lists = [];
  world.machines.set("m3", { id: "m3", nodeName: "m3", role: "worker", state: "stopped" });
  world.workers?.delete("m3");
  world.fleet.see();
  expect(world.fleet.restMs).toBe(0);
  await world.fleet.reconcile();
  expect(world.lists).toEqual([{ at: world.now, notRunning: false, pages: 1 }]);
  expect([world.machines.has("m3"), world.machines.has("m11")]).toEqual([false, true]);
  // The deletion is checked by one full list when lists must show its effect.
  await world.live(5 * MINUTE);
  expect(world.lists.some(({ notRunning, at }) => !notRunning && at >= LIST_LAG_MS)).toBe(true);
});

test("A machine that stops while its worker is still registered is found within two minutes; one that vanishes, by its worker", async () => {
  const world = new World(10);
  await world.live(30 * MINUTE);
  world.machines.set("m3", { id: "m3", nodeName: "m3", role: "worker", state: "stopped" });
  await world.live(2 * MINUTE);
  expect([world.machines.has("m3"), world.fleet.size]).toEqual([false, 10]);
  world.machines.delete("m4");
  world.workers?.delete("m4");
  world.fleet.see();
  await world.live(MINUTE);
  expect([world.machines.has("m12"), world.fleet.joined]).toEqual([true, 10]);
});

test("Lists follow changes, back off while nothing changes, and are full when that is required", () => {
  let now = 0;
  const cadence = new Cadence({ pollIntervalMs: POLL_MS, now: () => now });
  const busy = { isCalm: false, size: 10 };
  const list = (): string | undefined => {
    const kind = cadence.due(busy);
    if (kind !== undefined) cadence.listed(kind, now);
    return kind;
  };
  const inAMinute = (): number => {
    let lists = 0;
    for (const until = now + MINUTE; now < until; now += SECOND) if (list() !== undefined) lists += 1;
    return lists;
  };
  expect(list()).toBe("all");
  expect(inAMinute()).toBeGreaterThanOrEqual(9);
  now += HOUR;
  expect(inAMinute()).toBeLessThanOrEqual(3);
  cadence.changed();
  expect(inAMinute()).toBeGreaterThanOrEqual(9);
  cadence.alarm();
  expect(list()).toBeDefined();
  cadence.requireAll(now + 20 * SECOND);
  now += 10 * SECOND;
  expect(list()).toBe("not-running");
  now += 10 * SECOND;
  expect(list()).toBe("all");
  now += 10 * SECOND;
  expect(list()).toBe("not-running");
});
