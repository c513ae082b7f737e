import { growingPauseMs } from "../../../src/cloud/api/growing-pause.ts";
import { isConflict, isTransient } from "../errors/azure-error.ts";
import type { AzureFailure } from "../errors/failure.ts";

const FIRST_PAUSE_MS = 100;
/** Azure's budgets of calls fill up again by the minute. */
const FIRST_PAUSE_THROTTLED_MS = 1000;
const LONGEST_PAUSE_MS = 32_000;
/** A wait of an hour would end with a time-out that says nothing of why. */
const LONGEST_TOLD_MS = 60_000;
const LONGEST_CONFLICT_PAUSE_MS = 5000;
/** As long as another operation may take that is under way with the same thing. */
const CONFLICT_TRIES = 200;

interface Tries {
  /** How many have failed so far. */
  readonly failed: number;
  /** How many may follow the first. */
  readonly retries: number;
  /** How long Azure asks to wait, in milliseconds. */
  readonly toldMs: number | undefined;
}

/** How long to wait before a call is tried again, or undefined where that is of no use. */
export function pauseBeforeRetry(failure: AzureFailure, { failed, retries, ...tries }: Tries): number | undefined {
  const toldMs = Math.min(tries.toldMs ?? 0, LONGEST_TOLD_MS);
  const wait = (firstMs: number, longestMs: number): number =>
    Math.max(toldMs, growingPauseMs(failed, { firstMs, longestMs }));
  if (isConflict(failure)) return failed > CONFLICT_TRIES ? undefined : wait(FIRST_PAUSE_MS, LONGEST_CONFLICT_PAUSE_MS);
  if (!isTransient(failure) || failed > retries) return undefined;
  const isThrottled = failure.status === 429 && toldMs === 0;
  return wait(isThrottled ? FIRST_PAUSE_THROTTLED_MS : FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
}
