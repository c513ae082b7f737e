import { setImmediate as turn } from "node:timers/promises";

/** Work that stops after each small step, so that a long one leaves room for others in between. */
export type Steps<T> = Generator<undefined, T, undefined>;

const LONGEST_TURN_MS = 20;

/** Does all the work in one go. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Does the work in turns of some 20 ms, with the event loop's other work in between. The first turn starts in this call.
 *
 * @param mayGoOn asked before each further turn
 * @returns undefined where it may not go on
 */
export async function inTurns<T>(steps: Steps<T>, mayGoOn: () => boolean): Promise<{ readonly result: T } | undefined> {
  for (;;) {
    const until = performance.now() + LONGEST_TURN_MS;
    do {
      const step = steps.next();
      if (step.done === true) return { result: step.value };
    } while (performance.now() < until);
    await turn();
    if (!mayGoOn()) return undefined;
  }
}
