import { throwUnreachable } from "../../dask/dask-errors.ts";
import type { Demand } from "../../dask/demand.ts";
import type { SchedulerClient } from "../../dask/scheduler-client.ts";
import { DaskFleetError } from "../../errors.ts";
import { assertCount } from "../../provider/cluster-schema.ts";
import { sleep } from "../../wait.ts";
import type { OfferedResources } from "./offered-resources.ts";
import { UnrunnableWarning } from "./unrunnable-warning.ts";

/** Bounds and pace of `adapt()`. */
export interface AdaptOptions {
  /** Never fewer worker machines than this. Default: 0. */
  readonly minimum?: number | undefined;
  /** Never more worker machines than this. */
  readonly maximum: number;
  /** How often to ask Dask how many workers it wants, in milliseconds. Default: 1000, as in Dask. */
  readonly intervalMs?: number | undefined;
  /** Scale down only after this many answers in a row that were lower. Default: 3, as in Dask. */
  readonly waitCount?: number | undefined;
  /** How long the work at hand should take, in milliseconds. Default: 5000, as in Dask. */
  readonly targetDurationMs?: number | undefined;
}

/** @throws DaskFleetError `CONFIG_INVALID` for bounds that are invalid or crossed */
export function checkAdaptOptions(options: AdaptOptions): void {
  const { minimum = 0, maximum, intervalMs = 1, waitCount = 1, targetDurationMs = 1 } = options;
  assertCount("adapt({ minimum })", minimum);
  assertCount("adapt({ maximum })", maximum);
  if (minimum > maximum) {
    throw new DaskFleetError("CONFIG_INVALID", `Expected adapt({ minimum }) to be at most ${maximum}, got ${minimum}`);
  }
  for (const [name, value] of Object.entries({ intervalMs, waitCount, targetDurationMs })) {
    if (value > 0 && Number.isFinite(value)) continue;
    throw new DaskFleetError("CONFIG_INVALID", `Expected adapt({ ${name} }) to be greater than 0, got ${value}`);
  }
}

export interface AdaptiveTarget {
  readonly scheduler: () => SchedulerClient | undefined;
  /** Workers (processes) on each machine; undefined until known. */
  readonly processes: () => number | undefined;
  /** The resources of each new worker. */
  readonly offered: OfferedResources;
  /** Whether a worker of that name is on a machine of the group. */
  readonly isOurs: (workerName: string) => boolean;
  readonly current: () => number;
  readonly setTarget: (workers: number) => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
  readonly warn: (message: string) => void;
}

/**
 * Follows Dask's adaptive target within bounds: up at once, down only after several lower answers in a row
 * (distributed/deploy/adaptive_core.py).
 */
export class Adaptive {
  readonly #stopped = new AbortController();
  readonly #warning = new UnrunnableWarning();
  readonly #options: AdaptOptions;
  readonly #target: AdaptiveTarget;
  readonly #loop: Promise<void>;

  constructor(options: AdaptOptions, target: AdaptiveTarget) {
    this.#options = options;
    this.#target = target;
    this.#loop = this.#run();
  }

  get maximum(): number {
    return this.#options.maximum;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { intervalMs = 1000, waitCount = 3 } = this.#options;
    const { signal } = this.#stopped;
    const target = this.#target;
    let lower: number[] = [];
    while (!signal.aborted) {
      try {
        const scheduler = target.scheduler();
        if (scheduler === undefined) continue;
        const machines = this.#machinesFor(await this.#workersWanted(scheduler).catch(throwUnreachable));
        lower = machines < target.current() ? [...lower, machines] : [];
        if (machines > target.current()) await target.setTarget(machines);
        if (lower.length >= waitCount) {
          await target.setTarget(Math.max(...lower));
          lower = [];
        }
      } catch (error) {
        if (!signal.aborted) target.onTrouble(error);
      } finally {
        await sleep(intervalMs, signal, { ref: false }).catch(() => undefined);
      }
    }
  }

  async #workersWanted(scheduler: SchedulerClient): Promise<number> {
    const { targetDurationMs = 5000 } = this.#options;
    const { offered, isOurs, warn } = this.#target;
    const { signal } = this.#stopped;
    const ask = async (): Promise<Demand> =>
      await scheduler.demand({ targetDurationMs, resources: offered.amounts }, { signal });
    let demand = await ask();
    if (!offered.seen && (demand.present ?? 0) > 0) {
      const ours = (await scheduler.workers({ signal })).find(({ name }) => isOurs(name));
      if (ours !== undefined) {
        offered.see(ours.resources);
        demand = await ask();
      }
    }
    for (const kind of demand.unrunnable) {
      const warning = this.#warning.of(kind, offered.amounts);
      if (warning !== undefined) warn(warning);
    }
    return demand.workers;
  }

  /** The first machine shows how many workers one has; until then one is enough. */
  #machinesFor(workers: number): number {
    const { minimum = 0, maximum } = this.#options;
    const processes = this.#target.processes();
    const most = processes === undefined ? Math.min(maximum, Math.max(1, minimum, this.#target.current())) : maximum;
    return Math.min(most, Math.max(minimum, Math.ceil(workers / (processes ?? 1))));
  }
}
