/** The work of one task, between these: shorter ones are mostly overhead, longer ones balance badly. */
const WANTED_SECONDS = 0.5;
const LONGEST_SECONDS = 1;
const MOST_INPUTS = 1000;
/** At most so much more from one batch to the next: the first inputs may be untypical. */
const GROWTH = 4;
/** Tasks on their way for each thread: one runs, the others wait on the worker. */
const PER_THREAD = 3;
const LEAST_WINDOW = 4;
const MOST_WINDOW = 512;
const LARGE_WINDOW = 64;

/** How many inputs a task takes and how many tasks are on their way, by how long the last ones took. */
export class BatchSize {
  readonly #fixed: number | undefined;
  readonly #concurrency: number | undefined;
  #size = 1;
  #perInput: number | undefined;

  /**
   * @param fixed the caller's batch size
   * @param concurrency the caller's number of tasks
   */
  constructor(fixed: number | undefined, concurrency: number | undefined) {
    this.#fixed = fixed;
    this.#concurrency = concurrency;
  }

  /** Takes in what a batch took on its worker. */
  observe(inputs: number, seconds: number): void {
    const each = seconds / inputs;
    // Slower at once, faster by and by.
    const before = this.#perInput ?? each;
    this.#perInput = each > before ? each : 0.5 * (before + each);
    const fitting = Math.floor(WANTED_SECONDS / Math.max(this.#perInput, 1e-9));
    const grown = seconds > LONGEST_SECONDS ? this.#size : GROWTH * Math.max(this.#size, inputs);
    this.#size = Math.max(1, Math.min(fitting, grown, MOST_INPUTS));
  }

  /**
   * Inputs of the next task.
   *
   * @param left inputs that are left, if that is known: the last ones are shared among all threads
   */
  size(threads: number, left: number): number {
    if (this.#fixed !== undefined) return this.#fixed;
    return Math.max(1, Math.min(this.#size, Math.ceil(left / (2 * Math.max(1, threads)))));
  }

  /** The number of tasks on their way at which a full window is filled again. */
  refillAt(threads: number): number {
    const window = this.window(threads);
    return window >= LARGE_WINDOW ? window / 2 : window - 1;
  }

  /** Tasks on their way at a time. */
  window(threads: number): number {
    if (this.#concurrency !== undefined) return this.#concurrency;
    const least = Math.max(LEAST_WINDOW, PER_THREAD * threads);
    if (this.#fixed === undefined) return least;
    // Very short tasks, and they are not to grow: their way takes longer than their work.
    const task = (this.#perInput ?? 1) * this.#fixed;
    const covering = Math.ceil((WANTED_SECONDS * threads) / Math.max(task, 1e-4));
    return Math.min(Math.max(least, Math.min(covering, MOST_WINDOW)), Math.max(least, MOST_WINDOW));
  }
}
