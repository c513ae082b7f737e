/** Which machines a list must show: all, or only those that may not run (`ListOptions`). */
export type ListKind = "all" | "not-running";

export interface CadenceOptions {
  /** The shortest time between two lists, in milliseconds. */
  readonly pollIntervalMs: number;
  /** Milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined;
}

/** What the fleet knows when it asks whether a list is due. */
export interface Situation {
  /** Whether every machine that is wanted is there and works, and nothing is under way. */
  readonly isCalm: boolean;
  /** The number of machines. */
  readonly size: number;
}

const CALM_MS = 60_000;
/** A list of many machines takes many calls: an hour of them costs about the same at any size. */
const CALM_MS_EACH = 60;
const CALM_ALL_MS = 600_000;
/** While something is under way, the time between full lists, in poll intervals. */
const ALL_FACTOR = 12;
/** The longer nothing has changed, the rarer: a tenth of that time passes between two lists. */
const PATIENCE = 10;
const LONGEST_MS = 30_000;

/**
 * When the provider's list of machines is asked for, and for how much: at the poll interval while something changes, rarely while all is
 * well, and at once when a worker was lost.
 */
export class Cadence {
  readonly #options: CadenceOptions;
  readonly #now: () => number;
  #listedAt = Number.NEGATIVE_INFINITY;
  #allListedAt = Number.NEGATIVE_INFINITY;
  #changedAt: number;
  /** Times after which a full list must be requested; the first and the last of all that were given. */
  #required: readonly number[] = [];

  constructor(options: CadenceOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#changedAt = this.#now();
  }

  /** When the last full list was requested. */
  get allListedAt(): number {
    return this.#allListedAt;
  }

  /** Something has changed: more may follow. */
  changed(): void {
    this.#changedAt = this.#now();
  }

  /** Something is wrong: a list is due at once, however young the last one is. */
  alarm(): void {
    this.changed();
    this.#listedAt = Number.NEGATIVE_INFINITY;
  }

  /** Requires a full list that is requested after that time. */
  requireAll(after: number = this.#now()): void {
    const [first = after, last = after] = [this.#required[0], this.#required.at(-1)];
    this.#required = [Math.min(first, after), Math.max(last, after)];
  }

  /** The list that is due now; undefined for none. */
  due(situation: Situation): ListKind | undefined {
    if (this.dueInMs(situation) > 0) return undefined;
    const now = this.#now();
    const { isCalm } = situation;
    const allMs = isCalm ? CALM_ALL_MS : ALL_FACTOR * this.#options.pollIntervalMs;
    const isRequired = this.#required.some((after) => after <= now);
    return isRequired || now - this.#allListedAt >= allMs ? "all" : "not-running";
  }

  /** The time until a list is due, in milliseconds. */
  dueInMs({ isCalm, size }: Situation): number {
    const now = this.#now();
    const { pollIntervalMs } = this.#options;
    const unchangedMs = (now - this.#changedAt) / PATIENCE;
    const pauseMs = isCalm ? CALM_MS + size * CALM_MS_EACH : Math.min(LONGEST_MS, unchangedMs);
    const due = this.#listedAt + Math.max(pollIntervalMs, pauseMs);
    const required = Math.max(this.#listedAt + pollIntervalMs, this.#required[0] ?? Infinity);
    return Math.max(0, Math.min(due, required) - now);
  }

  /** A list was requested at that time, and has arrived. */
  listed(kind: ListKind, askedAt: number): void {
    this.#listedAt = askedAt;
    if (kind !== "all") return;
    this.#allListedAt = askedAt;
    this.#required = this.#required.filter((after) => after > askedAt);
  }
}
