import { backOffMs } from "../../back-off.ts";
import { DaskFleetError, messageOf } from "../../errors.ts";
import { sleep } from "../../wait.ts";
import { UnknownOperation } from "../answer.ts";
import { isUnreachable, violation } from "../dask-errors.ts";
import type { SchedulerIdentity } from "../identity.ts";
import type { WorkerInfo } from "../worker-info.ts";
import type { AgentComm, AgentLink } from "./link.ts";
import { type AgentEvent, type WatchAnswer, askForChanges } from "./watch.ts";

/** A scheduler and its workers, as last told. */
export interface Membership {
  readonly scheduler: Pick<SchedulerIdentity, "id" | "started">;
  readonly workers: readonly WorkerInfo[];
}

export interface MembershipWatcherOptions {
  /** Undefined while there is no connection, or no agent. */
  readonly link: () => AgentLink | undefined;
  /** All workers, as the scheduler itself tells them: the picture is compared with them now and then. */
  readonly look: (signal: AbortSignal) => Promise<Membership>;
  /** How long a question may wait for a change, in milliseconds. */
  readonly waitMs: number;
  /** Called with each answer. */
  readonly onAnswer: (scheduler: Membership["scheduler"]) => void;
  /** Called when workers joined, left or changed, and when the picture was lost. */
  readonly onChange: () => void;
  readonly onEvent: (event: AgentEvent) => void;
  /** Called once with each reason why the agent cannot be watched. An unreachable scheduler is none. */
  readonly onUnable: (reason: string) => void;
}

const TIMEOUT_MS = 10_000;
/** An answer may be late by this much before the picture counts as old. */
const LATE_MS = 2000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** A scheduler logs each unknown operation. */
const LONGEST_PAUSE_UNABLE_MS = 60_000;
/** Between two comparisons with the scheduler's own list, which costs it 10 ms for 1,000 workers. */
const COMPARE_MS = 300_000;
/** Of the time, changes in quick succession take at most a tenth; meanwhile the scheduler collects the next ones. */
const PAUSE_FACTOR = 10;
const LONGEST_PACE_MS = 500;

/**
 * Keeps a picture of the scheduler's workers by long polls on a comm of its own, until it is stopped. It does not keep the process alive.
 * Users fall back to asking the scheduler while there is no {@link current} picture.
 */
export class MembershipWatcher {
  readonly #options: MembershipWatcherOptions;
  readonly #stopped = new AbortController();
  readonly #loop: Promise<void>;
  readonly #workers = new Map<string, WorkerInfo>();
  readonly #told = new Set<string>();
  #since = 0;
  #scheduler: Membership["scheduler"] | undefined;
  /** The last complete picture. It survives the comm: the next one asks for what has changed since. */
  #membership: Membership | undefined;
  /** Whether the picture is that of the scheduler's last answer. */
  #isLive = false;
  /** Whether the picture is being made from nothing. */
  #isAnew = true;
  /** Whether the last answer was one page of a longer one. */
  #isCut = false;
  /** Until when the question under way must be answered. */
  #dueAt = Number.NEGATIVE_INFINITY;
  #failed = 0;
  #comparedAt = performance.now();

  constructor(options: MembershipWatcherOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  /** The workers; undefined while the scheduler does not tell them: no agent, no connection, an answer that is late. */
  get current(): Membership | undefined {
    return this.#isLive && performance.now() <= this.#dueAt ? this.#membership : undefined;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      let longestMs = LONGEST_PAUSE_MS;
      try {
        await this.#watch();
      } catch (error) {
        if (isAborted(signal)) return;
        if (!isUnreachable(error) && !isClosed(error)) {
          longestMs = LONGEST_PAUSE_UNABLE_MS;
          this.#since = 0;
          this.#tell(error);
        }
      }
      const wasLive = this.#isLive;
      this.#isLive = false;
      if (wasLive) this.#options.onChange();
      this.#failed += 1;
      const pauseMs = backOffMs(this.#failed, { firstMs: FIRST_PAUSE_MS, longestMs });
      await sleep(pauseMs, signal, { ref: false }).catch(() => undefined);
    }
  }

  /** Watches until the comm fails. */
  async #watch(): Promise<void> {
    const { signal } = this.#stopped;
    const link = this.#options.link();
    if (link === undefined) return;
    const comm = await link.open({ timeoutMs: TIMEOUT_MS, signal });
    try {
      for (;;) {
        await this.#ask(comm);
        if (this.#isLive && performance.now() - this.#comparedAt >= COMPARE_MS) await this.#compare(comm);
      }
    } finally {
      await comm.close();
    }
  }

  async #ask(comm: AgentComm): Promise<void> {
    const { signal } = this.#stopped;
    const wasLive = this.#isLive;
    const waitMs = wasLive ? this.#options.waitMs : 0;
    this.#dueAt = performance.now() + waitMs + LATE_MS;
    const question = { since: this.#since, scheduler: this.#scheduler?.id, waitMs };
    const answer = await askForChanges(comm, question, { timeoutMs: waitMs + TIMEOUT_MS, signal, ref: false });
    const beganAt = performance.now();
    const hasChanged = this.#takeIn(answer);
    this.#failed = 0;
    this.#dueAt = beganAt + LONGEST_PACE_MS + LATE_MS;
    this.#options.onAnswer(answer.scheduler);
    if (this.#isLive && (hasChanged || !wasLive)) this.#options.onChange();
    for (const event of answer.events) this.#options.onEvent(event);
    const paceMs = Math.min(LONGEST_PACE_MS, PAUSE_FACTOR * (performance.now() - beganAt));
    if (hasChanged) await sleep(paceMs, signal, { ref: false });
  }

  /** Whether anything in the picture has changed. */
  #takeIn(answer: WatchAnswer): boolean {
    const { scheduler, version, reset, more, workers, gone } = answer;
    if (reset || this.#since === 0) {
      this.#workers.clear();
      this.#isAnew = true;
    }
    this.#scheduler = scheduler;
    this.#since = version;
    for (const address of gone) this.#workers.delete(address);
    for (const worker of workers) this.#workers.set(worker.address, worker);
    const hasChanged = this.#isAnew || this.#isCut || workers.length > 0 || gone.length > 0;
    this.#isCut = more;
    this.#isLive = !more;
    if (more) return true;
    if (this.#workers.size !== answer.count) {
      if (this.#isAnew) throw wrongCount(answer, this.#workers.size);
      // A change was missed: all are asked for.
      this.#since = 0;
      this.#isLive = false;
      return true;
    }
    this.#isAnew = false;
    if (hasChanged) this.#membership = { scheduler, workers: [...this.#workers.values()] };
    return hasChanged;
  }

  /** A safety net. A picture that lacks a worker, or has one too many, is made anew. */
  async #compare(comm: AgentComm): Promise<void> {
    const seen = await this.#options.look(this.#stopped.signal);
    this.#comparedAt = performance.now();
    this.#isLive = false;
    await this.#ask(comm);
    const addresses = new Set(seen.workers.map(({ address }) => address));
    if (addresses.size === this.#workers.size && [...addresses].every((address) => this.#workers.has(address))) return;
    // A worker may have come or gone just then.
    this.#since = 0;
    this.#isLive = false;
  }

  /** A scheduler that has just been restarted has no agent for a moment. */
  #tell(error: unknown): void {
    const reason = messageOf(error);
    if (this.#told.has(reason) || (error instanceof UnknownOperation && this.#scheduler !== undefined)) return;
    this.#told.add(reason);
    this.#options.onUnable(reason);
  }
}

/** The client was closed before its watcher was stopped. */
function isClosed(error: unknown): boolean {
  return error instanceof DaskFleetError && error.code === "CLOSED";
}

function wrongCount({ count }: WatchAnswer, told: number): DaskFleetError {
  return violation(`Invalid answer of the scheduler: it has ${count} workers, and told ${told}`);
}

/** The compiler believes that a signal that was not aborted before an await is not aborted after it. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
