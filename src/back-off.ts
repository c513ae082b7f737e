import type { Deadline } from "./deadline.ts";
import { sleep } from "./wait.ts";

/** How pauses grow from one failed attempt to the next. */
export interface Pauses {
  readonly firstMs: number;
  readonly longestMs: number;
  /** How many times as long as the one before. Default: 2. */
  readonly factor?: number;
}

interface Limits {
  /** No pause lasts longer than until then. */
  readonly deadline?: Deadline;
  readonly signal?: AbortSignal;
}

/** Jitter: the most that is added to a pause, as a part of it. It spreads callers that failed at the same moment. */
const JITTER = 1 / 4;
/** Any pause is at its longest by then, and the power is still a number. */
const MOST_STEPS = 100;

/**
 * The pause after so many failed attempts, in milliseconds: it grows, is capped and jittered.
 *
 * @param random a number from 0 to 1: the jitter's share. 0 is none.
 */
export function backOffMs(
  failed: number,
  { firstMs, longestMs, factor = 2 }: Pauses,
  random: number = Math.random(),
): number {
  const steps = Math.min(Math.max(0, failed - 1), MOST_STEPS);
  return Math.min(longestMs, firstMs * factor ** steps) * (1 + random * JITTER);
}

/** The pauses between the attempts of one caller, each longer than the one before. */
export class BackOff {
  readonly #pauses: Pauses;
  readonly #limits: Limits;
  #failed = 0;

  constructor(pauses: Pauses, limits: Limits = {}) {
    this.#pauses = pauses;
    this.#limits = limits;
  }

  /**
   * Waits before the next attempt; throws the signal's reason.
   *
   * @param toldMs how long the other side asks to wait (`Retry-After`), instead of the growing pause
   */
  async pause(toldMs?: number): Promise<void> {
    const { deadline, signal } = this.#limits;
    this.#failed += 1;
    const pauseMs = toldMs ?? backOffMs(this.#failed, this.#pauses);
    await sleep(Math.min(pauseMs, deadline?.remainingMs ?? pauseMs), signal);
  }
}
