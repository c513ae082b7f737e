import type { Demand, ResourceDemand, Resources } from "../../src/dask/demand.ts";
import { Patience } from "../../src/fleet/adaptive/patience.ts";
import type { AdaptingGroup } from "../../src/fleet/adaptive/policy.ts";

/** A kind of machines in a {@link DemandWorld}; one worker on each. */
export interface MachineKind extends Pick<AdaptingGroup, "name" | "minimum" | "maximum" | "shape" | "price"> {
  readonly bootSeconds: number;
}

/** Tasks that arrive together, all of one name. */
export interface Burst {
  readonly at: number;
  readonly name: string;
  readonly resources: Resources;
  readonly count: number;
  /** How long each runs, in whole seconds. */
  readonly seconds: number;
}

export interface Task extends Pick<Burst, "name" | "resources" | "seconds"> {
  readonly arrivedAt: number;
  startedAt: number | undefined;
}

export interface Machine {
  readonly kind: MachineKind;
  readonly readyAt: number;
  readonly running: Task[];
}

/** How many machines of each kind there are to be, in the eyes of a policy. */
export type Policy = (demand: Demand, groups: readonly AdaptingGroup[]) => Readonly<Record<string, number>>;

export interface WorldOptions {
  readonly kinds: readonly MachineKind[];
  readonly bursts: readonly Burst[];
  readonly policy: Policy;
  /** Whether Dask knows from the start how long tasks take. Otherwise it learns it. */
  readonly knowsDurations?: boolean | undefined;
  /** The machines that the cloud has at present. Default: enough. */
  readonly gives?: ((kind: string, now: number) => number) | undefined;
}

const WAIT_COUNT = 3;
export const TARGET_SECONDS = 5;
const UNKNOWN_SECONDS = 0.5;

/**
 * Dask and a cloud in simulated time, a look a second. Tasks go where their resources are, plain ones anywhere, as in Dask: where the most
 * threads are free. Machines boot; idle ones can leave.
 */
export class DemandWorld {
  now = 0;
  readonly machines: Machine[] = [];
  readonly waiting: Task[] = [];
  readonly done: Task[] = [];
  /** Machine-seconds that were paid for, by kind. */
  readonly paid: Record<string, number> = {};
  readonly targets: Record<string, number> = {};
  readonly #options: WorldOptions;
  readonly #patience = new Map<string, Patience>();
  readonly #short = new Set<string>();
  /** Dask's averages, and how long the longest that runs has run, by name. */
  readonly #average = new Map<string, number>();
  readonly #longest = new Map<string, number>();

  constructor(options: WorldOptions) {
    this.#options = options;
    for (const { name, minimum } of options.kinds) {
      this.#patience.set(name, new Patience());
      this.targets[name] = minimum;
    }
    if (options.knowsDurations === true)
      for (const { name, seconds } of options.bursts) this.#average.set(name, seconds);
  }

  /** Whether all tasks that could run are done, and none is to come. */
  get isOver(): boolean {
    const { bursts, kinds } = this.#options;
    return (
      bursts.every(({ at }) => at < this.now) &&
      this.machines.every(({ running }) => running.length === 0) &&
      this.waiting.every((task) => !kinds.some(({ shape }) => fits(task, shape)))
    );
  }

  of(kind: string): Machine[] {
    return this.machines.filter((machine) => machine.kind.name === kind);
  }

  /** One second. */
  step(): void {
    this.now += 1;
    this.#work();
    for (const { at, count, name, resources, seconds } of this.#options.bursts) {
      if (at !== this.now) continue;
      for (let nth = 0; nth < count; nth += 1)
        this.waiting.push({ name, resources, seconds, arrivedAt: at, startedAt: undefined });
    }
    this.#schedule();
    this.#adapt();
    for (const { kind } of this.machines) this.paid[kind.name] = (this.paid[kind.name] ?? 0) + 1;
  }

  #work(): void {
    for (const { running } of this.machines) {
      for (const task of running.slice()) {
        const ran = this.now - (task.startedAt ?? this.now);
        const average = this.#average.get(task.name) ?? -1;
        if (ran < task.seconds) {
          // `TaskPrefix.add_exec_time` of distributed/scheduler.py.
          this.#longest.set(task.name, Math.max(ran, this.#longest.get(task.name) ?? -1));
          if (ran > 2 * average) this.#average.set(task.name, -1);
          continue;
        }
        this.#average.set(task.name, average < 0 ? task.seconds : (task.seconds + average) / 2);
        running.splice(running.indexOf(task), 1);
        this.done.push(task);
      }
    }
  }

  #schedule(): void {
    for (const task of this.waiting.slice()) {
      const able = this.machines.filter((machine) => machine.readyAt <= this.now && hasRoom(machine, task));
      const [machine] = able.toSorted((a, b) => freeThreads(b) - freeThreads(a));
      if (machine === undefined) continue;
      task.startedAt = this.now;
      machine.running.push(task);
      this.waiting.splice(this.waiting.indexOf(task), 1);
    }
  }

  #estimate(name: string): number {
    const average = this.#average.get(name) ?? -1;
    const longest = this.#longest.get(name) ?? -1;
    return average >= 0 ? average : longest > 0 ? 2 * longest : UNKNOWN_SECONDS;
  }

  get demand(): Demand {
    const running = this.machines.flatMap((machine) => machine.running);
    const key = ({ resources }: Task): string => JSON.stringify(resources);
    const sets = Map.groupBy([...this.waiting, ...running], key);
    return {
      sets: [...sets.values()].map((tasks): ResourceDemand => ({
        resources: tasks[0]?.resources ?? {},
        waiting: tasks.filter(({ startedAt }) => startedAt === undefined).length,
        running: tasks.filter(({ startedAt }) => startedAt !== undefined).length,
        seceded: 0,
        seconds: tasks.reduce((sum, { name }) => sum + this.#estimate(name), 0),
        names: [],
      })),
      more: 0,
      tied: [],
      idle: [],
      crowded: [],
    };
  }

  get groups(): AdaptingGroup[] {
    return this.#options.kinds.map((kind) => {
      const machines = this.of(kind.name);
      return {
        ...kind,
        workersPerMachine: 1,
        target: this.targets[kind.name] ?? 0,
        size: machines.length,
        busy: machines.filter(({ running }) => running.length > 0).length,
        joined: machines.filter(({ readyAt }) => readyAt <= this.now).length,
        isShort: this.#short.has(kind.name),
        targetSeconds: TARGET_SECONDS,
      };
    });
  }

  #adapt(): void {
    const wanted = this.#options.policy(this.demand, this.groups);
    for (const kind of this.#options.kinds) {
      const { name } = kind;
      const keep = this.of(name).filter(({ running }) => running.length > 0).length;
      const current = this.targets[name] ?? 0;
      const next = this.#patience.get(name)?.next(wanted[name] ?? 0, { current, keep, waitCount: WAIT_COUNT });
      this.targets[name] = next ?? current;
      this.#aim(kind, this.targets[name] ?? 0);
    }
  }

  #aim(kind: MachineKind, target: number): void {
    const { name, bootSeconds } = kind;
    const most = this.#options.gives?.(name, this.now) ?? Infinity;
    for (let size = this.of(name).length; size < Math.min(target, most); size += 1)
      this.machines.push({ kind, readyAt: this.now + bootSeconds, running: [] });
    if (this.of(name).length < target) this.#short.add(name);
    else this.#short.delete(name);
    // The youngest first: they boot.
    const idle = this.of(name)
      .filter(({ running }) => running.length === 0)
      .toReversed();
    for (const machine of idle.slice(0, Math.max(0, this.of(name).length - target)))
      this.machines.splice(this.machines.indexOf(machine), 1);
  }
}

function fits(
  { resources }: Pick<Task, "resources">,
  { resources: offered }: Pick<AdaptingGroup["shape"], "resources">,
): boolean {
  return Object.entries(resources).every(([name, amount]) => (offered[name] ?? 0) >= amount);
}

export function freeThreads({ kind, running }: Machine): number {
  return kind.shape.threads - running.length;
}

/** Whether a machine could begin a task now. */
export function hasRoom(machine: Machine, { resources }: Pick<Task, "resources">): boolean {
  const used = (name: string): number => machine.running.reduce((sum, task) => sum + (task.resources[name] ?? 0), 0);
  return (
    freeThreads(machine) > 0 &&
    Object.entries(resources).every(
      ([name, amount]) => (machine.kind.shape.resources[name] ?? 0) - used(name) >= amount,
    )
  );
}
