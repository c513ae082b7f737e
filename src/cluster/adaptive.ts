import type { SchedulerClient } from "../dask/scheduler-client.ts";
import { DaskFleetError } from "../errors.ts";
import { sleep } from "../wait.ts";
import { assertCount } from "./options.ts";

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

/** @throws DaskFleetError `CONFIG_INVALID` for bounds that are no numbers of machines, or crossed. */
export function checkAdaptOptions({ minimum = 0, maximum }: AdaptOptions): void {
  assertCount("adapt({ minimum })", minimum);
  assertCount("adapt({ maximum })", maximum);
  if (minimum > maximum) {
    throw new DaskFleetError("CONFIG_INVALID", `Expected adapt({ minimum }) to be at most ${maximum}, got ${minimum}`);
  }
}

export interface AdaptiveTarget {
  readonly scheduler: () => SchedulerClient | undefined;
  /** Workers (processes) on each machine. */
  readonly processes: number;
  readonly current: () => number;
  readonly setTarget: (workers: number) => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Follows Dask's wish for workers within bounds: up at once, down only when it has wished for less several times in a row
 * (distributed/deploy/adaptive_core.py).
 */
export class Adaptive {
  readonly #stopped = new AbortController();
  readonly #loop: Promise<void>;

  constructor(options: AdaptOptions, target: AdaptiveTarget) {
    this.#loop = this.#run(options, target);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(options: AdaptOptions, target: AdaptiveTarget): Promise<void> {
    const { minimum = 0, maximum, intervalMs = 1000, waitCount = 3, targetDurationMs = 5000 } = options;
    const { signal } = this.#stopped;
    let lower: number[] = [];
    while (!signal.aborted) {
      try {
        const wanted = await target.scheduler()?.adaptiveTarget(targetDurationMs, { signal });
        if (wanted === undefined) continue;
        const machines = Math.min(maximum, Math.max(minimum, Math.ceil(wanted / target.processes)));
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
}
