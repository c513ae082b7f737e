import { throwUnreachable } from "../../dask/dask-errors.ts";
import type { Demand, PlainTarget } from "../../dask/demand.ts";
import type { SchedulerClient } from "../../dask/scheduler-client.ts";
import type { WorkerInfo } from "../../dask/worker-info.ts";
import { sleep } from "../../wait.ts";
import type { AdaptOptions } from "./adapt-options.ts";
import type { GroupShape } from "./group-shape.ts";
import { Patience } from "./patience.ts";
import { splitTarget } from "./plain-target.ts";
import { type AdaptingGroup, type OtherWorkers, planGroups } from "./policy.ts";
import { UnrunnableWarning } from "./unrunnable-warning.ts";
import { canServe } from "./worker-bins.ts";

/** A worker group of the cluster, as adapting sees it. */
export interface SeenGroup extends Pick<
  AdaptingGroup,
  "name" | "workersPerMachine" | "target" | "size" | "joined" | "isShort"
> {
  readonly shape: GroupShape;
}

/** What adapting knows of the cluster, and does. */
export interface AdaptiveCluster {
  readonly scheduler: () => SchedulerClient | undefined;
  /** The registered workers. */
  readonly workers: (scheduler: SchedulerClient, signal: AbortSignal) => Promise<readonly WorkerInfo[]>;
  /** All groups, also those that do not adapt, as written. */
  readonly groups: () => readonly SeenGroup[];
  /** A worker's machine and group; undefined for one on none of the cluster's machines of workers. */
  readonly placeOf: (worker: string) => { readonly machineId: string | undefined; readonly group: string | undefined };
  /** Sets the targets of some groups, by name. */
  readonly setTargets: (machines: Readonly<Record<string, number>>) => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
  readonly warn: (message: string) => void;
}

/** Bounds and pace of one group. */
export interface GroupPace extends AdaptOptions {
  readonly minimum: number;
  readonly maximum: number;
}

interface Following {
  readonly pace: GroupPace;
  readonly patience: Patience;
}

const INTERVAL_MS = 1000;
const WAIT_COUNT = 3;
const TARGET_DURATION_MS = 5000;

/** Has groups of workers follow what tasks need: one question to the scheduler for all of them, at the pace of the fastest. */
export class Adaptive {
  readonly #cluster: AdaptiveCluster;
  readonly #following = new Map<string, Following>();
  readonly #warning = new UnrunnableWarning();
  #loop: { readonly ended: Promise<void>; readonly abort: AbortController } | undefined;
  /** The look under way. */
  #look: { readonly done: Promise<void>; readonly abort: AbortController } | undefined;

  constructor(cluster: AdaptiveCluster) {
    this.#cluster = cluster;
  }

  /** The bounds and the pace of the groups that adapt. */
  get paces(): ReadonlyMap<string, GroupPace> {
    return new Map([...this.#following].map(([name, { pace }]) => [name, pace]));
  }

  /** A group follows from now on, or at another pace. */
  follow(group: string, pace: GroupPace): void {
    this.#following.set(group, { pace, patience: new Patience() });
    if (this.#loop !== undefined) return;
    const abort = new AbortController();
    this.#loop = { ended: this.#run(abort.signal), abort };
  }

  /** These groups keep their size from now on: no target is set for them after this. */
  async stop(groups: readonly string[]): Promise<void> {
    for (const name of groups) this.#following.delete(name);
    const [loop, look] = [this.#loop, this.#look];
    look?.abort.abort();
    if (this.#following.size > 0) {
      await look?.done;
      return;
    }
    this.#loop = undefined;
    loop?.abort.abort();
    await loop?.ended;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const abort = new AbortController();
      const done = this.#step(AbortSignal.any([signal, abort.signal]));
      this.#look = { done, abort };
      await done;
      this.#look = undefined;
      await sleep(this.#intervalMs, signal, { ref: false }).catch(() => undefined);
    }
  }

  get #intervalMs(): number {
    return Math.min(...[...this.#following.values()].map(({ pace }) => pace.intervalMs ?? INTERVAL_MS));
  }

  async #step(signal: AbortSignal): Promise<void> {
    try {
      const scheduler = this.#cluster.scheduler();
      if (scheduler !== undefined) await this.#follow(scheduler, signal);
    } catch (error) {
      if (!signal.aborted) this.#cluster.onTrouble(error);
    }
  }

  async #follow(scheduler: SchedulerClient, signal: AbortSignal): Promise<void> {
    const demand = await scheduler.demand(this.#targetDurationMs, { signal }).catch(throwUnreachable);
    const workers = await this.#cluster.workers(scheduler, signal);
    signal.throwIfAborted();
    // Dask's plain target counts them.
    const busy = "workers" in demand ? new Map<string, number>() : this.#busyMachines(demand, workers);
    const wanted = this.#wanted(demand, workers, busy);
    const changes = this.#cluster.groups().flatMap(({ name, target: current }): readonly [string, number][] => {
      const { pace, patience } = this.#following.get(name) ?? {};
      if (pace === undefined || patience === undefined) return [];
      const { waitCount = WAIT_COUNT, maximum } = pace;
      const keep = Math.min(maximum, busy.get(name) ?? 0);
      const target = patience.next(wanted[name] ?? 0, { current, keep, waitCount });
      return target === undefined ? [] : [[name, target]];
    });
    if (changes.length > 0) await this.#cluster.setTargets(Object.fromEntries(changes));
  }

  get #targetDurationMs(): number {
    const durations = [...this.#following.values()].map(({ pace }) => pace.targetDurationMs ?? TARGET_DURATION_MS);
    return Math.min(...durations);
  }

  /** The machines that each group needs. Warns of tasks that none is for. */
  #wanted(
    demand: Demand | PlainTarget,
    workers: readonly WorkerInfo[],
    busy: ReadonlyMap<string, number>,
  ): Readonly<Record<string, number>> {
    const all = this.#cluster.groups();
    const groupOf = ({ name }: WorkerInfo): string | undefined => this.#cluster.placeOf(name).group;
    const byGroup = Map.groupBy(workers, groupOf);
    for (const { name, shape } of all) shape.see(byGroup.get(name) ?? []);
    const usualThreads = meanThreads(workers);
    const groups = all.flatMap((group): readonly AdaptingGroup[] => {
      const pace = this.#following.get(group.name)?.pace;
      const { targetDurationMs = TARGET_DURATION_MS } = pace ?? {};
      const shape = group.shape.shape(usualThreads);
      if (pace === undefined) return [];
      return [{ ...group, ...pace, shape, busy: busy.get(group.name) ?? 0, targetSeconds: targetDurationMs / 1000 }];
    });
    const others = byShape(workers.filter((worker) => !this.#following.has(groupOf(worker) ?? "")));
    if ("workers" in demand) return splitTarget(demand.workers, groups, others);
    const resting = all
      .filter(({ name }) => !this.#following.has(name))
      .map((group) => ({ ...group, ...group.shape.shape(usualThreads), workers: 0 }));
    const { machines, unserved } = planGroups(demand, groups, [...others, ...resting]);
    const kinds = [...groups.map(({ shape }) => shape), ...others, ...resting].map(({ resources }) => resources);
    for (const set of unserved) this.#tell(this.#warning.ofResources(set, kinds));
    for (const tied of demand.tied) this.#tell(this.#warning.ofTied(tied));
    for (const set of demand.sets) {
      const isServed = [...groups.map(({ shape }) => shape), ...others].some((each) => canServe(each, set.resources));
      const only = resting.find((each) => each.target === 0 && canServe(each, set.resources));
      if (!isServed && only !== undefined) this.#tell(this.#warning.ofResting(set, only.name));
    }
    return machines;
  }

  /** As {@link AdaptingGroup.busy}, by group. */
  #busyMachines({ idle }: Demand, workers: readonly WorkerInfo[]): ReadonlyMap<string, number> {
    const free = new Set(idle);
    const busy = new Map<string, Set<string>>();
    for (const { name } of workers) {
      const { machineId, group } = this.#cluster.placeOf(name);
      if (machineId === undefined || group === undefined || free.has(name)) continue;
      busy.set(group, (busy.get(group) ?? new Set()).add(machineId));
    }
    return new Map([...busy].map(([group, machines]) => [group, machines.size]));
  }

  #tell(warning: string | undefined): void {
    if (warning !== undefined) this.#cluster.warn(warning);
  }
}

/** Threads of a worker that is not known yet: as of the others, as Dask counts; without any, one. */
function meanThreads(workers: readonly WorkerInfo[]): number {
  if (workers.length === 0) return 1;
  return workers.reduce((sum, { nthreads }) => sum + nthreads, 0) / workers.length;
}

/** Workers that take tasks, counted by what they have. */
function byShape(workers: readonly WorkerInfo[]): OtherWorkers[] {
  const working = workers.filter(({ status }) => status === "running");
  const alike = Map.groupBy(working, ({ nthreads, resources }) => JSON.stringify([nthreads, resources]));
  return [...alike.values()].flatMap((same) =>
    same.slice(0, 1).map(({ nthreads: threads, resources }) => ({ threads, resources, workers: same.length })),
  );
}
