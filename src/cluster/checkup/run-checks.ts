import { Deadline } from "../../deadline.ts";
import type { Check, Finding } from "../../provider/checkup.ts";
import { within } from "../../wait.ts";
import { failureOf, findingOf } from "./finding-of.ts";

const CHECK_TIMEOUT_MS = 10_000;

/** How checks are run. */
export interface ChecksOptions {
  readonly signal?: AbortSignal | undefined;
  /** For each check by itself. Default: 10 s. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Runs checks side by side, each with a deadline of its own, and gives the findings in their order. One that fails or hangs is a
 * finding, and keeps no other.
 *
 * @throws the signal's reason
 */
export async function* runChecks(
  checks: readonly Check[],
  { signal, timeoutMs = CHECK_TIMEOUT_MS }: ChecksOptions = {},
): AsyncGenerator<Finding, void> {
  const left = new AbortController();
  const until = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
  const running = new Map<string, Promise<Finding>>();
  for (const check of checks) {
    const { topic, title, after = [] } = check;
    const finding = (async (): Promise<Finding> => {
      const before = await Promise.all(after.flatMap((each) => running.get(each) ?? []));
      const missing = before.find(({ state }) => state !== "good");
      if (missing !== undefined) return findingOf(check, { state: "unknown", found: `not checked: ${missing.title}` });
      try {
        const seen = await within(title, new Deadline(timeoutMs, until), (inner) => check.run(inner));
        return findingOf(check, seen);
      } catch (error) {
        until.throwIfAborted();
        return findingOf(check, failureOf(check, error));
      }
    })();
    // An abort rejects the iteration with the signal's reason.
    finding.catch(() => undefined);
    running.set(topic, finding);
  }
  try {
    for (const finding of running.values()) yield await finding;
  } finally {
    left.abort(new Error("Nobody asks for more findings"));
  }
}
