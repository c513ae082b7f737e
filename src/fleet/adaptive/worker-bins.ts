import type { Resources } from "../../dask/demand.ts";

/** What one worker (process) has for tasks. */
export interface WorkerShape {
  /** Tasks that it runs at the same time. */
  readonly threads: number;
  /** Abstract resources; an amount that a task needs is its own while it runs. */
  readonly resources: Resources;
}

/** Below this, loads and workers are nothing: sums of shares are not exact. */
const NOTHING = 1e-9;

/** Whether a worker's resources are enough for a task that needs these. */
export function canServe({ resources: offered }: Pick<WorkerShape, "resources">, resources: Resources): boolean {
  return Object.entries(resources).every(([name, amount]) => amount <= offeredOf(offered, name));
}

/** How many such tasks a worker runs at the same time. */
export function slotsOf({ threads, resources: offered }: WorkerShape, need: WorkerShape): number {
  const limits = Object.entries(need.resources).map(([name, amount]) =>
    amount > 0 ? offeredOf(offered, name) / amount : Infinity,
  );
  const slots = Math.min(need.threads > 0 ? threads / need.threads : Infinity, ...limits);
  return slots === Infinity ? 1 / NOTHING : Math.floor(slots + NOTHING);
}

/** Workers that tasks occupy in the same way. */
interface Bin extends WorkerShape {
  readonly workers: number;
}

/**
 * Workers of one shape that fill up with tasks. Loads are averages over time: half a task occupies its worker half of the time, and the
 * other half is free for others. Workers with room are filled before the next one is taken.
 */
export class WorkerBins {
  readonly #shape: WorkerShape;
  #free: number;
  #bins: readonly Bin[] = [];

  constructor(shape: WorkerShape, workers: number) {
    this.#shape = shape;
    this.#free = workers;
  }

  /** More empty workers. */
  add(workers: number): void {
    this.#free += workers;
  }

  /** Workers that run something, a share of one included. */
  get used(): number {
    return this.#bins.reduce((sum, { workers }) => sum + workers, 0);
  }

  /**
   * Places tasks as far as there is room, and returns how many.
   *
   * @param load how many run at the same time, on average
   * @param need of each
   * @param most of the workers that may run them, those that run something first. Default: all
   */
  place(load: number, need: WorkerShape, most: number = Infinity): number {
    let [left, open] = [load, most];
    const bins: Bin[] = [];
    for (const bin of [...this.#bins, { ...this.#shape, workers: this.#free }]) {
      const within = Math.min(bin.workers, open);
      const slots = slotsOf(bin, need);
      const workers = slots === 0 ? 0 : Math.max(0, Math.min(within, left / slots));
      open -= within;
      if (workers > NOTHING) {
        left -= workers * slots;
        bins.push({ ...withLess(bin, need, slots), workers });
      }
      bins.push({ ...bin, workers: bin.workers - workers });
    }
    this.#free = bins.pop()?.workers ?? 0;
    this.#bins = bins.filter(({ workers }) => workers > NOTHING);
    return load - Math.max(0, left);
  }
}

function withLess({ threads, resources }: WorkerShape, need: WorkerShape, times: number): WorkerShape {
  const left = Object.entries(resources).map(([name, amount]) => [
    name,
    amount - times * offeredOf(need.resources, name),
  ]);
  return { threads: threads - times * need.threads, resources: Object.fromEntries(left) as Resources };
}

function offeredOf(offered: Resources, name: string): number {
  return Object.hasOwn(offered, name) ? (offered[name] ?? 0) : 0;
}
