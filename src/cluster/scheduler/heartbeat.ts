import { messageOf } from "../../errors.ts";
import type { Troubles } from "../../fleet/troubles.ts";
import { sleep } from "../../wait.ts";

export interface HeartbeatOptions {
  readonly intervalMs: number;
  /** When the scheduler has answered last, whoever asked. */
  readonly answeredAt: () => Date;
  /** Asks the scheduler something that costs it nothing. */
  readonly ask: (options: { readonly timeoutMs: number; readonly signal: AbortSignal }) => Promise<unknown>;
  readonly troubles: Troubles;
}

/** As long as any quick question to the scheduler may take. A scheduler that reads a large task graph is silent for seconds. */
const SILENT_AFTER_MS = 10_000;
/** A timer that is later than this tells that this process itself was stopped, or the computer slept. */
const LATE_MS = 2000;

/**
 * Tells when the scheduler does not answer although it is there, such as one that is frozen, or whose machine is: 10 s and three
 * intervals after its last answer at the latest. It hangs on nothing else that is done for the cluster, and only asks where nobody else
 * has had an answer.
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
      await sleep(intervalMs, signal, { ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const problem = sinceMs(answeredAt()) < 2 * intervalMs ? undefined : await this.#beat(signal);
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
