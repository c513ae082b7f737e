import { backOffMs } from "../back-off.ts";

const BRIEF_MS = 5 * 60_000;
const PAUSES = { firstMs: 15_000, longestMs: 10 * 60_000 };
/** Longer than any pause: a series of early losses ends after this time without one. */
const CALM_MS = 30 * 60_000;
/**
 * After this many machines in a row that never worked, waiting is hopeless. In a smaller group, after as many gave-up markers as it has
 * machines: a machine gives up when its own retries are used up, but a machine that was only lost may have a better successor.
 */
const FAILED_BOOTS = 4;

export interface LostMachine {
  /** How long ago its first worker joined, in milliseconds; undefined if none ever did. */
  readonly workedMs: number | undefined;
  /** Why it was lost; the machine's own reason if it printed one. */
  readonly reason: Error;
  /** It printed a gave-up marker. */
  readonly gaveUp: boolean;
  /** It printed that another machine would fail in the same way, such as for options that Dask does not know. */
  readonly hopeless: boolean;
}

/**
 * The back-off for replacing short-lived machines of a group: those that never worked, or were lost within five minutes. A few are
 * replaced at once (a cloud may take back many young spot machines); then pauses grow from 15 seconds to ten minutes. Machines that
 * worked for longer are replaced at once, and one of them ends the back-off.
 */
export class ReplacementBackOff {
  readonly #now: () => number;
  #losses = 0;
  #allowed = 0;
  #failedBoots = 0;
  #givenUp = 0;
  /** The target of the group at the last loss. */
  #size = FAILED_BOOTS;
  #lastLossAt = Number.NEGATIVE_INFINITY;
  #nextAt: number | undefined;
  /** Pauses of this series, the next one included. */
  #pauses = 1;
  #reason: Error | undefined;
  #hopeless: Error | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Why waiting for machines is hopeless. */
  get hopeless(): Error | undefined {
    const enough =
      this.#failedBoots >= FAILED_BOOTS || this.#givenUp >= Math.min(FAILED_BOOTS, Math.max(1, this.#size));
    return this.#hopeless ?? (enough ? this.#reason : undefined);
  }

  /** Whether the last machine that gave a verdict printed that another would fail in the same way. */
  get isHopeless(): boolean {
    return this.#hopeless !== undefined;
  }

  /** Why the last machine was lost. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** The time until the next replacement, in milliseconds. */
  get nextInMs(): number {
    return this.#nextAt === undefined ? 0 : Math.max(0, this.#nextAt - this.#now());
  }

  /** @param size the group's target */
  lost({ workedMs, reason, gaveUp, hopeless }: LostMachine, size: number): void {
    if (workedMs !== undefined && workedMs >= BRIEF_MS) return;
    if (this.#now() - this.#lastLossAt > CALM_MS) this.askAnew();
    this.#lastLossAt = this.#now();
    this.#reason = reason;
    this.#size = size;
    if (workedMs === undefined) this.#failedBoots += 1;
    if (workedMs === undefined && gaveUp) this.#givenUp += 1;
    if (this.#losses === 0) this.#allowed = Math.max(3, Math.ceil(size / 4));
    this.#losses += 1;
    if (hopeless) {
      this.#hopeless = reason;
      this.#allowed = 0;
      this.#pauses = Number.POSITIVE_INFINITY;
      this.#nextAt = this.#now() + this.#pauseMs;
    }
    if (this.#losses > this.#allowed) this.#nextAt ??= this.#now() + this.#pauseMs;
  }

  /** A machine's workers have joined. */
  joined(): void {
    this.#failedBoots = 0;
    this.#givenUp = 0;
    this.#hopeless = undefined;
  }

  /** Ends the series if a machine that joined after the last loss has worked long enough. */
  works(workedMs: number): void {
    if (workedMs >= BRIEF_MS && this.#now() - workedMs > this.#lastLossAt) this.askAnew();
  }

  /**
   * The number of machines that must not be replaced yet.
   *
   * @param size the group's target
   */
  held(size: number): number {
    if (this.#nextAt !== undefined && this.#now() >= this.#nextAt) {
      // One machine shows whether the others would really fail in the same way.
      const batch = this.#hopeless === undefined ? Math.max(1, Math.ceil(size / 10)) : 1;
      this.#allowed = Math.min(this.#losses, this.#allowed + batch);
      this.#pauses += 1;
      this.#nextAt = this.#losses > this.#allowed ? this.#now() + this.#pauseMs : undefined;
    }
    return Math.max(0, this.#losses - this.#allowed);
  }

  /** The message about machines that are not replaced yet. */
  describe(held: number): string {
    const machines = held === 1 ? "1 machine waits" : `${held} machines wait`;
    const why = this.isHopeless
      ? "Machines report that others would fail in the same way"
      : "Machines are lost soon after their creation";
    return `${why}, so replacement backs off: ${machines} for replacement. ${this.reason?.message ?? ""}`;
  }

  /** Resets the back-off, since machines were requested anew. */
  askAnew(): void {
    this.#losses = 0;
    this.#allowed = 0;
    this.#failedBoots = 0;
    this.#givenUp = 0;
    this.#nextAt = undefined;
    this.#pauses = 1;
    this.#hopeless = undefined;
  }

  /** No jitter: a group's replacements do not compete. */
  get #pauseMs(): number {
    return backOffMs(this.#pauses, PAUSES, 0);
  }
}
