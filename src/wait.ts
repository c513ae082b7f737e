import { setTimeout as delay } from "node:timers/promises";

import { type Deadline, seconds } from "./deadline.ts";
import { DaskFleetError } from "./errors.ts";
import { onExpiry } from "./expiry.ts";

/** Sleeps, or throws the signal's reason as soon as it is aborted. With `ref: false` it does not keep the process alive. */
export async function sleep(ms: number, signal?: AbortSignal, { ref = true }: { ref?: boolean } = {}): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? { ref } : { signal, ref });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

export interface PollOptions {
  /** The subject of the wait: the end of "timed out after 5 s waiting for …". */
  readonly what: string;
  readonly deadline: Deadline;
  readonly intervalMs: number;
  /** How to wait between two questions. @default {@link sleep} */
  readonly pause?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
  /** The last state, for the time-out's message. */
  readonly lastSeen?: () => string | Promise<string>;
}

/** Polls until the answer is not `undefined`. */
export async function poll<T>(ask: () => Promise<T | undefined>, options: PollOptions): Promise<T> {
  const { deadline, pause = sleep } = options;
  for (;;) {
    deadline.signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (deadline.expired) throw await timeoutError(options);
    await pause(Math.min(options.intervalMs, deadline.remainingMs), deadline.signal);
  }
}

async function timeoutError({ what, deadline, lastSeen }: PollOptions): Promise<DaskFleetError> {
  const seen = await lastSeen?.();
  const tail = seen === undefined || seen === "" ? [] : `Last seen: ${seen}`.split("\n");
  const message = `Timed out after ${seconds(deadline.timeoutMs)} waiting for ${what}.`;
  return new DaskFleetError("TIMEOUT", [message, ...tail]);
}

/**
 * Runs one call under a deadline. Its signal is aborted when time is up. A call that ignores the signal is abandoned, so a caller that
 * creates something in it must look for that afterwards.
 */
export async function within<T>(
  what: string,
  deadline: Deadline,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const expiry = new AbortController();
  const timeout = (): DaskFleetError =>
    new DaskFleetError("TIMEOUT", `Timed out after ${seconds(deadline.timeoutMs)} waiting for ${what}.`);
  // A call that throws at once is rejected like any other.
  const run = async (): Promise<T> => await call(expiry.signal);
  return await new Promise<T>((resolve, reject) => {
    const callOff = onExpiry(deadline, timeout, (reason) => {
      expiry.abort(reason);
      reject(reason);
    });
    if (expiry.signal.aborted) return;
    void run().then(resolve, reject).finally(callOff);
  });
}

/**
 * The result of a promise, or the signal's reason as soon as it is aborted; the promise then runs on. (Google's SDK can abort a request,
 * but node-fetch throws an uncaught exception when the answer is just arriving.)
 */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    if (signal.aborted) leave();
    signal.addEventListener("abort", leave, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
