import type { Deadline } from "./deadline.ts";
import type { DaskFleetError } from "./errors.ts";

/** Node fires longer timers at once. */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Calls `expire` once, with the signal's reason or the time-out's error, when the signal is aborted or time is up. The returned function
 * cancels that; call it on every way out, so that no timer or listener stays behind. With `ref: false` the timer does not keep the
 * process alive.
 */
export function onExpiry(
  deadline: Deadline,
  timeout: () => DaskFleetError,
  expire: (reason: unknown) => void,
  { ref = true }: { readonly ref?: boolean } = {},
): () => void {
  const { signal } = deadline;
  const callOff = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", aborted);
  };
  const aborted = (): void => {
    callOff();
    expire(signal?.reason);
  };
  const timer = setTimeout(
    () => {
      callOff();
      expire(timeout());
    },
    Math.min(deadline.remainingMs, LONGEST_DELAY),
  );
  if (!ref) timer.unref();
  signal?.addEventListener("abort", aborted);
  if (signal?.aborted === true) aborted();
  return callOff;
}

/** Waits for a shared promise: the deadline ends this wait, not the work behind it. */
export async function withDeadline<T>(
  promise: Promise<T>,
  deadline: Deadline,
  timeout: () => DaskFleetError,
): Promise<T> {
  let callOff: (() => void) | undefined;
  const expired = new Promise<never>((_, reject) => {
    callOff = onExpiry(deadline, timeout, reject);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    callOff?.();
  }
}
