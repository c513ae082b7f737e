import type { Deadline } from "./deadline.ts";
import { sleep } from "./wait.ts";

/** The growth of pauses between failed attempts. */
export interface Pauses {
  readonly firstMs: number;
  readonly longestMs: number;
  /** The factor between two pauses. Default: 2. */
  readonly factor?: number;
}

interface Limits {
  /** No pause lasts longer than until then. */
  readonly deadline?: Deadline;
  readonly signal?: AbortSignal;
}

/** The maximum jitter, as a fraction of a pause. It spreads callers that failed at the same moment. */
const JITTER = 1 / 4;
/** By then every pause is at its longest, and the power is still finite. */
const MOST_STEPS = 100;

/**
 * The pause after a number of failed attempts, in milliseconds: exponential, capped and jittered.
 *
 * @param random a number from 0 to 1, which scales the jitter. 0 is none.
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
   * @param toldMs the pause that the server asks for (`Retry-After`), instead of the growing one
   */
  async pause(toldMs?: number): Promise<void> {
    const { deadline, signal } = this.#limits;
    this.#failed += 1;
    const pauseMs = toldMs ?? backOffMs(this.#failed, this.#pauses);
    await sleep(Math.min(pauseMs, deadline?.remainingMs ?? pauseMs), signal);
  }
}
