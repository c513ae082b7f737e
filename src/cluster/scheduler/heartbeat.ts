import { messageOf } from "../../errors.ts";
import type { Troubles } from "../../fleet/troubles.ts";
import { sleep } from "../../wait.ts";

export interface HeartbeatOptions {
  readonly intervalMs: number;
  /** When the scheduler last answered any question. */
  readonly answeredAt: () => Date;
  /** A cheap question to the scheduler. */
  readonly ask: (options: { readonly timeoutMs: number; readonly signal: AbortSignal }) => Promise<unknown>;
  readonly troubles: Troubles;
}

/** The time-out of any quick question. A scheduler that reads a large task graph is silent for seconds. */
const SILENT_AFTER_MS = 10_000;
/** An answer is old after so many intervals. */
const OLD_AFTER = 2;
/** A timer that is later than this means that this process was stopped, or the computer slept. */
const LATE_MS = 2000;

/**
 * Reports a scheduler that exists but does not answer, such as a frozen one: at most 10 s and three intervals after its last answer. It
 * depends on no other work for the cluster, and asks only when no other question was answered.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #stopped = new AbortController();
  readonly #loop: Promise<void>;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { intervalMs, answeredAt, troubles } = this.#options;
    const { signal } = this.#stopped;
    for (;;) {
      // Nothing is to be asked before the last answer is so old. A clock that was set back says nothing.
      const youngMs = Math.min(OLD_AFTER * intervalMs, OLD_AFTER * intervalMs - sinceMs(answeredAt()));
      await sleep(Math.max(intervalMs, youngMs), signal, { ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const problem = sinceMs(answeredAt()) < OLD_AFTER * intervalMs ? undefined : await this.#beat(signal);
      if (problem === undefined) troubles.over("silence");
      else if (problem !== "unsure") troubles.tell("silence", problem, { began: answeredAt() });
    }
  }

  async #beat(signal: AbortSignal): Promise<string | undefined> {
    const askedAt = performance.now();
    try {
      await this.#options.ask({ timeoutMs: SILENT_AFTER_MS, signal });
      return undefined;
    } catch (error) {
      const wasStopped = performance.now() - askedAt > SILENT_AFTER_MS + LATE_MS;
      if (signal.aborted || wasStopped || sinceMs(this.#options.answeredAt()) < SILENT_AFTER_MS) return "unsure";
      return `The scheduler does not answer: ${messageOf(error)}`;
    }
  }
}

function sinceMs(date: Date): number {
  return Date.now() - date.getTime();
}
