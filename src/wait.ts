import { setTimeout as delay } from "node:timers/promises";

import { DaskFleetError } from "./errors.ts";

/** A point in time after which waiting is over, and the signal that ends it earlier. */
export class Deadline {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly #startedAt = performance.now();

  constructor(timeoutMs: number, signal?: AbortSignal) {
    this.timeoutMs = timeoutMs;
    this.signal = signal;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  get remainingMs(): number {
    return Math.max(0, this.timeoutMs - this.elapsedMs);
  }

  get expired(): boolean {
    return this.remainingMs === 0;
  }
}

/** Sleeps, or throws the signal's reason as soon as it is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

export interface PollOptions {
  /** What is waited for, as it stands in "timed out after 5 s waiting for …". */
  readonly what: string;
  readonly deadline: Deadline;
  readonly intervalMs: number;
  /** The state seen last, for the time-out's message. */
  readonly lastSeen?: () => string | Promise<string>;
}

/** Asks again and again until the answer is not `undefined`. */
export async function poll<T>(ask: () => Promise<T | undefined>, options: PollOptions): Promise<T> {
  const { deadline } = options;
  for (;;) {
    deadline.signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (deadline.expired) throw await timeoutError(options);
    await sleep(Math.min(options.intervalMs, deadline.remainingMs), deadline.signal);
  }
}

async function timeoutError({ what, deadline, lastSeen }: PollOptions): Promise<DaskFleetError> {
  const seen = await lastSeen?.();
  const tail = seen === undefined || seen === "" ? "" : `\nLast seen: ${seen}`;
  return new DaskFleetError("TIMEOUT", `Timed out after ${seconds(deadline.timeoutMs)} waiting for ${what}.${tail}`);
}

/** A duration as people read it: `0.25 s`, `90 s`. */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(3))} s`;
}
