import { backOffMs } from "../../back-off.ts";
import { reasonOf } from "../../cloud/errors/cloud-error.ts";
import { DaskFleetError, type Meaning, meaningOf } from "../../errors.ts";

/** A step of a tear-down round. */
type Step = "list machines" | "destroy machines" | "release network" | "list resources";

/** A failure of a step, and how many tries in a row have failed. */
interface Failure {
  readonly error: unknown;
  readonly tries: number;
}

/** Reported early: waiting alone seldom helps. */
const REFUSED: ReadonlySet<Meaning> = new Set<Meaning>(["permission", "credentials", "policy", "configuration"]);
/** A single refusal may be a fluke. */
const ROUNDS_REFUSED = 2;
/** Resources still in use delay a healthy tear-down by some rounds. */
const ROUNDS_IN_TROUBLE = 5;
/** As a multiple of the ordinary pause. */
const LONGEST_PAUSE = 6;
const LONGEST_PAUSE_MS = 30_000;

/** What blocks a tear-down: the newest failure of each step, until that step succeeds. */
export class Refusals {
  readonly #byStep = new Map<Step, Failure>();
  #failedThisRound = false;
  #roundsInTrouble = 0;

  /** Takes a step. Returns undefined and keeps the failure when it fails. */
  async attempt<Result>(step: Step, take: () => Promise<Result>): Promise<{ readonly result: Result } | undefined> {
    try {
      const result = await take();
      this.#byStep.delete(step);
      return { result };
    } catch (error) {
      this.#failedThisRound = true;
      const before = this.#byStep.get(step);
      // A time-out says less than the failure before it.
      const newest = isTimeout(error) && before !== undefined ? before.error : error;
      this.#byStep.set(step, { error: newest, tries: (before?.tries ?? 0) + 1 });
      return undefined;
    }
  }

  /** How many tries of a step in a row have failed. */
  triesOf(step: Step): number {
    return this.#byStep.get(step)?.tries ?? 0;
  }

  /** All failures, each reason once. */
  get reasons(): readonly unknown[] {
    const errors = [...this.#byStep.values()].map(({ error }) => error);
    const causes = errors.filter((error) => !isTimeout(error));
    const told = causes.length > 0 ? causes : errors;
    return [...new Map(told.map((error) => [reasonOf(error), error])).values()];
  }

  /** Whether failures last long enough to be reported. */
  get isLasting(): boolean {
    const refused = this.reasons.some((reason) => REFUSED.has(meaningOf(reason)));
    return this.#roundsInTrouble >= (refused ? ROUNDS_REFUSED : ROUNDS_IN_TROUBLE);
  }

  /** Ends a round. Returns the pause before the next one, which grows with each failed round. */
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
