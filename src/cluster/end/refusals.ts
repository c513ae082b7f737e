import { backOffMs } from "../../back-off.ts";
import { reasonOf } from "../../cloud/errors/cloud-error.ts";
import { DaskFleetError, type Meaning, meaningOf } from "../../errors.ts";

/** What a round of a tear-down does. */
type Step = "list machines" | "destroy machines" | "release network" | "list resources";

/** A failure of a step, and how many tries in a row have failed. */
interface Failure {
  readonly error: unknown;
  readonly tries: number;
}

/** What a person should hear of early: waiting alone seldom helps. */
const REFUSED: ReadonlySet<Meaning> = new Set<Meaning>(["permission", "credentials", "policy", "configuration"]);
/** One odd refusal proves nothing. */
const ROUNDS_REFUSED = 2;
/** What is still in use holds up a healthy tear-down for some rounds. */
const ROUNDS_IN_TROUBLE = 5;
/** As a multiple of the ordinary pause. */
const LONGEST_PAUSE = 6;
const LONGEST_PAUSE_MS = 30_000;

/** What stands in the way of a tear-down: for each of its steps the newest failure, until that step succeeds. */
export class Refusals {
  readonly #byStep = new Map<Step, Failure>();
  #failedThisRound = false;
  #roundsInTrouble = 0;

  /** Takes a step. Undefined when it failed: then the failure is kept. */
  async attempt<Result>(step: Step, take: () => Promise<Result>): Promise<{ readonly result: Result } | undefined> {
    try {
      const result = await take();
      this.#byStep.delete(step);
      return { result };
    } catch (error) {
      this.#failedThisRound = true;
      const before = this.#byStep.get(step);
      // That time was up says less than what went wrong before.
      const newest = isTimeout(error) && before !== undefined ? before.error : error;
      this.#byStep.set(step, { error: newest, tries: (before?.tries ?? 0) + 1 });
      return undefined;
    }
  }

  /** How many tries of a step in a row have failed. */
  triesOf(step: Step): number {
    return this.#byStep.get(step)?.tries ?? 0;
  }

  /** All that stands in the way, each reason once. */
  get reasons(): readonly unknown[] {
    const errors = [...this.#byStep.values()].map(({ error }) => error);
    const causes = errors.filter((error) => !isTimeout(error));
    const told = causes.length > 0 ? causes : errors;
    return [...new Map(told.map((error) => [reasonOf(error), error])).values()];
  }

  /** Whether it lasts so long that a person should hear of it. */
  get isLasting(): boolean {
    const refused = this.reasons.some((reason) => REFUSED.has(meaningOf(reason)));
    return this.#roundsInTrouble >= (refused ? ROUNDS_REFUSED : ROUNDS_IN_TROUBLE);
  }

  /** Ends a round. Returns how long to wait before the next: the longer the trouble lasts, the longer. */
  endRound(pollIntervalMs: number): number {
    this.#roundsInTrouble = this.#failedThisRound ? this.#roundsInTrouble + 1 : 0;
    this.#failedThisRound = false;
    if (this.#roundsInTrouble === 0) return pollIntervalMs;
    const longestMs = Math.max(pollIntervalMs, Math.min(LONGEST_PAUSE * pollIntervalMs, LONGEST_PAUSE_MS));
    return backOffMs(this.#roundsInTrouble, { firstMs: pollIntervalMs, longestMs });
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DaskFleetError && error.code === "TIMEOUT";
}
