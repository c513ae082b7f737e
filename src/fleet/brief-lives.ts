import { backOffMs } from "../back-off.ts";

const BRIEF_MS = 5 * 60_000;
const PAUSES = { firstMs: 15_000, longestMs: 10 * 60_000 };
/** Longer than any pause: a series of brief lives ends when nothing of the kind has happened for so long. */
const CALM_MS = 30 * 60_000;
/**
 * So many machines in a row that never worked tell a caller that waits enough. Of a smaller group all that gave up themselves do: a
 * machine gives up when its own tries are used up, and who has only lost its machine may be luckier with the next.
 */
const FAILED_BOOTS = 4;

export interface LifeOfMachine {
  /** How long ago its first worker joined, in milliseconds; undefined where none ever did. */
  readonly workedMs: number | undefined;
  /** Why it was lost, in words; the machine's own where it said so. */
  readonly reason: Error;
  /** Its console said that it gave up. */
  readonly gaveUp: boolean;
  /** The machine said itself that another try is of no use, such as for options that Dask does not know. */
  readonly hopeless: boolean;
}

/**
 * The rate at which machines of a group are replaced that lived briefly: never worked, or were lost within five minutes. A few are
 * replaced at once (a cloud may take back many young spot machines); then pauses grow from 15 seconds to ten minutes. Machines
 * that worked for longer are not its business: they are replaced at once, and one of them ends the pauses.
 */
export class BriefLives {
  readonly #now: () => number;
  #losses = 0;
  #allowed = 0;
  #failedBoots = 0;
  #givenUp = 0;
  /** How many machines the group should have had when the last one was lost. */
  #size = FAILED_BOOTS;
  #lastLossAt = Number.NEGATIVE_INFINITY;
  #nextAt: number | undefined;
  /** Pauses of this series so far, with the one that comes. */
  #pauses = 1;
  #reason: Error | undefined;
  #hopeless: Error | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Why a caller that waits for machines should not go on waiting. */
  get hopeless(): Error | undefined {
    const enough =
      this.#failedBoots >= FAILED_BOOTS || this.#givenUp >= Math.min(FAILED_BOOTS, Math.max(1, this.#size));
    return this.#hopeless ?? (enough ? this.#reason : undefined);
  }

  /** Whether the last machine that tells said that another would fail in the same way. */
  get isHopeless(): boolean {
    return this.#hopeless !== undefined;
  }

  /** Why the last one was lost. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  /** How long until the next replacement, in milliseconds. */
  get nextInMs(): number {
    return this.#nextAt === undefined ? 0 : Math.max(0, this.#nextAt - this.#now());
  }

  /** @param size how many machines the group should have */
  lost({ workedMs, reason, gaveUp, hopeless }: LifeOfMachine, size: number): void {
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

  /** A machine has worked for so long: one that joined after the last loss, and lived on, ends the series. */
  works(workedMs: number): void {
    if (workedMs >= BRIEF_MS && this.#now() - workedMs > this.#lastLossAt) this.askAnew();
  }

  /**
   * How many machines must not be replaced yet.
   *
   * @param size how many machines the group should have
   */
  held(size: number): number {
    if (this.#nextAt !== undefined && this.#now() >= this.#nextAt) {
      // One machine tells whether a machine that called itself hopeless was right.
      const batch = this.#hopeless === undefined ? Math.max(1, Math.ceil(size / 10)) : 1;
      this.#allowed = Math.min(this.#losses, this.#allowed + batch);
      this.#pauses += 1;
      this.#nextAt = this.#losses > this.#allowed ? this.#now() + this.#pauseMs : undefined;
    }
    return Math.max(0, this.#losses - this.#allowed);
  }

  /** Why so many machines are not replaced yet, in a sentence. */
  describe(held: number): string {
    const machines = held === 1 ? "1 machine waits" : `${held} machines wait`;
    const why = this.isHopeless
      ? "Machines say that others would fail in the same way"
      : "Machines are lost soon after they were made";
    return `${why}, so they are replaced more slowly: ${machines} to be replaced. ${this.reason?.message ?? ""}`;
  }

  /** Somebody asks for machines: they are made at once, and earlier losses count no more. */
  askAnew(): void {
    this.#losses = 0;
    this.#allowed = 0;
    this.#failedBoots = 0;
    this.#givenUp = 0;
    this.#nextAt = undefined;
    this.#pauses = 1;
    this.#hopeless = undefined;
  }

  /** One group replaces at a time: there is nobody to be kept apart by jitter. */
  get #pauseMs(): number {
    return backOffMs(this.#pauses, PAUSES, 0);
  }
}
