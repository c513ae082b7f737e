import { setImmediate as turn } from "node:timers/promises";

/** Work that yields after each small step, so that long work does not block the event loop. */
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
 * Does the work in turns of some 20 ms, with other work of the event loop in between. The first turn starts in this call.
 *
 * @param mayGoOn checked before each further turn
 * @returns undefined if it was stopped
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
