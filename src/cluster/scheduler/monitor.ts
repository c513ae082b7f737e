import { backOffMs } from "../../back-off.ts";
import type { Bell } from "../../bell.ts";
import { isUnreachable } from "../../dask/dask-errors.ts";
import { sleep } from "../../wait.ts";

export interface MonitorOptions {
  readonly intervalMs: number;
  /** Rings for an early tick. */
  readonly bell: Bell;
  /** Reconciles the cluster once. */
  readonly tick: () => Promise<void>;
  /** Whether the scheduler's machine has ended; asked when the scheduler does not answer. */
  readonly schedulerGone: (signal: AbortSignal) => Promise<boolean>;
  readonly onSchedulerGone: () => void;
  /** Called at every failed tick. */
  readonly onTrouble: (error: unknown) => void;
  /** Called at every tick that succeeds. */
  readonly onWell: () => void;
}

const LONGEST_PAUSE_MS = 60_000;
/** Between two early ticks. */
const SPACING_MS = 50;

/** Reconciles a running cluster until it is stopped. It does not keep the process alive. */
export class Monitor {
  readonly #stopped = new AbortController();
  readonly #loop: Promise<void>;

  constructor(options: MonitorOptions) {
    this.#loop = this.#run(options);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run({
    intervalMs,
    bell,
    tick,
    schedulerGone,
    onSchedulerGone,
    onTrouble,
    onWell,
  }: MonitorOptions): Promise<void> {
    const { signal } = this.#stopped;
    using alarm = bell.alarm();
    let failed = 0;
    for (;;) {
      const longestMs = Math.max(intervalMs, LONGEST_PAUSE_MS);
      const pauseMs = backOffMs(1 + failed, { firstMs: intervalMs, longestMs });
      const restedFrom = performance.now();
      await alarm.sleep(pauseMs, signal, { ref: false }).catch(() => undefined);
      const tooEarlyMs = SPACING_MS - (performance.now() - restedFrom);
      if (tooEarlyMs > 0) await sleep(tooEarlyMs, signal, { ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await tick();
        failed = 0;
        onWell();
      } catch (error) {
        if (isAborted(signal)) return;
        if (isUnreachable(error) && (await schedulerGone(signal).catch(() => false))) {
          onSchedulerGone();
          return;
        }
        // No back-off: the end of the scheduler must be noticed soon.
        failed = isUnreachable(error) ? 0 : failed + 1;
        onTrouble(error);
      }
    }
  }
}

/** The compiler believes that a signal that was not aborted before an await is not aborted after it. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
