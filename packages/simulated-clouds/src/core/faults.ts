/**
 * - `error-before`: the cloud's internal error, nothing done; `error-after`: the same, but all was done.
 * - `lost-reply`: all was done, then the connection breaks; `cut`: the connection breaks, nothing done.
 * - `throttle`: turned away for too many calls, nothing done.
 * - `slow`: all is done, but the answer takes long.
 */
export type FaultKind = "error-before" | "error-after" | "lost-reply" | "throttle" | "slow" | "cut";

export const FAULT_KINDS: readonly FaultKind[] = [
  "error-before",
  "error-after",
  "lost-reply",
  "throttle",
  "slow",
  "cut",
];

/** What is known of a call when it arrives. */
export interface Arrival {
  readonly index: number;
  readonly operation: string;
  /** The same for the very same request, sent again. */
  readonly fingerprint: string;
}

interface Rule {
  readonly kind: FaultKind;
  /** Whether it strikes this call; asked once for each call, in order. */
  strikes(arrival: Arrival): boolean;
}

/** What goes wrong with which call. */
export class Faults {
  #rules: Rule[] = [];
  #fired = 0;

  /** How many calls were struck. */
  get fired(): number {
    return this.#fired;
  }

  /**
   * Strikes the call of that index, in the order in which calls arrive, from 0.
   *
   * @param options.times more than 1: also the next arrivals of the very same request, as an SDK's retries are
   */
  at(callIndex: number, kind: FaultKind, { times = 1 }: { times?: number | undefined } = {}): void {
    let left = times;
    let struck: string | undefined;
    this.#rules.push({
      kind,
      strikes: ({ index, fingerprint }) => {
        if (index === callIndex) struck = fingerprint;
        else if (struck !== fingerprint) return false;
        return left-- > 0;
      },
    });
  }

  /**
   * Strikes calls of one operation.
   *
   * @param options.nth how many such calls, counted from now, are let through before. @default 0
   * @param options.times how many such calls in a row are struck. @default 1
   */
  onOperation(
    operation: string,
    kind: FaultKind,
    { nth = 0, times = 1 }: { nth?: number | undefined; times?: number | undefined } = {},
  ): void {
    let seen = -1;
    this.#rules.push({
      kind,
      strikes: (arrival) => {
        if (arrival.operation !== operation) return false;
        seen += 1;
        return seen >= nth && seen < nth + times;
      },
    });
  }

  /** The fault that strikes this call, if any; the first rule has its way. */
  strike(arrival: Arrival): FaultKind | undefined {
    const kinds = this.#rules.filter((rule) => rule.strikes(arrival)).map(({ kind }) => kind);
    if (kinds.length > 0) this.#fired += 1;
    return kinds[0];
  }

  clear(): void {
    this.#rules = [];
    this.#fired = 0;
  }
}
