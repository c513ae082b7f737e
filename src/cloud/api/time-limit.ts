import { setTimeout } from "node:timers";

/**
 * A signal that aborts after a time, as `AbortSignal.timeout` does. That one keeps a process of Deno's alive until it fires where
 * somebody listens to it.
 */
export function timeLimit(ms: number): AbortSignal {
  const controller = new AbortController();
  const message = "The operation was aborted due to timeout";
  setTimeout(() => controller.abort(new DOMException(message, "TimeoutError")), ms).unref();
  return controller.signal;
}
