import { backOffMs, type Pauses } from "../../back-off.ts";
import { sleep } from "../../wait.ts";

/** How one kind of failure is retried: a line of a cloud's table. */
export interface RetryRule<Failure> extends Pauses {
  readonly when: (failure: Failure) => boolean;
  /** Default: as often as the policy says. */
  readonly retries?: number;
  /** For how long it is retried since the first attempt, in milliseconds, instead of how often. */
  readonly forMs?: number;
}

/** What a cloud's failures are retried for. The first matching rule wins; a failure that matches none is not retried. */
export type RetryRules<Failure> = readonly RetryRule<Failure>[];

export interface RetryPolicy<Failure> {
  readonly rules: RetryRules<Failure>;
  /** How many attempts may follow the first; a rule may have a number of its own. */
  readonly retries: number;
}

/** A failed attempt. */
export interface FailedAttempt<Failure> {
  readonly failure: Failure;
  /** How many attempts have failed so far. */
  readonly failed: number;
  /** How long the cloud asks to wait (`Retry-After`), in milliseconds. */
  readonly toldMs?: number | undefined;
  /** How long ago the first attempt began, in milliseconds. */
  readonly elapsedMs?: number;
}

/** Where the cloud says how long to wait, our own pauses begin here. */
const FIRST_PAUSE_MS = 100;
/** A wait of an hour would end in a time-out that says nothing of the cause. */
const LONGEST_TOLD_MS = 60_000;

/** How long to wait before the next attempt, in milliseconds; undefined where the failure is final. */
export function retryPauseMs<Failure>(
  { rules, retries }: RetryPolicy<Failure>,
  { failure, failed, toldMs, elapsedMs = 0 }: FailedAttempt<Failure>,
): number | undefined {
  const rule = rules.find(({ when }) => when(failure));
  if (rule === undefined) return undefined;
  const { forMs } = rule;
  const leftMs = forMs === undefined ? Number.POSITIVE_INFINITY : forMs - elapsedMs;
  if (forMs === undefined ? failed > (rule.retries ?? retries) : leftMs <= 0) return undefined;
  const pauses = toldMs === undefined ? rule : { ...rule, firstMs: FIRST_PAUSE_MS };
  const pauseMs = Math.max(Math.min(toldMs ?? 0, LONGEST_TOLD_MS), backOffMs(failed, pauses));
  return Math.min(pauseMs, leftMs);
}

/** What an attempt's error says. */
export interface Reading<Failure> {
  readonly failure: Failure;
  readonly toldMs?: number | undefined;
  /** What is thrown if the failure is final. */
  readonly error: () => Error;
}

export interface RetriedCall<Failure> {
  readonly policy: RetryPolicy<Failure>;
  /** Ends the call; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Throws what is not to be retried whatever the policy says. */
  readonly read: (error: unknown, attempts: number) => Reading<Failure>;
  /** Default: waits for the pause. */
  readonly wait?: (pauseMs: number, failure: Failure, signal: AbortSignal) => Promise<void>;
}

/** Makes a call, and again as long as the policy retries its failure. */
export async function withRetries<Answer, Failure>(
  attempt: () => Promise<Answer>,
  { policy, signal, read, wait = async (pauseMs) => await sleep(pauseMs, signal) }: RetriedCall<Failure>,
): Promise<Answer> {
  const beganAt = performance.now();
  for (let attempts = 1; ; attempts += 1) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      const { failure, toldMs, error } = read(thrown, attempts);
      const elapsedMs = performance.now() - beganAt;
      const pauseMs = retryPauseMs(policy, { failure, failed: attempts, toldMs, elapsedMs });
      if (pauseMs === undefined) throw error();
      await wait(pauseMs, failure, signal);
    }
  }
}
