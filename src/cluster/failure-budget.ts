import { isFinal } from "./final-error.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/** Stops a fleet from buying machine after machine that never does any work. */
export class FailureBudget {
  readonly #limit: number;
  readonly #now: () => number;
  #inARow = 0;
  #notBefore = 0;
  #last: Error | undefined;
  #exhausted = false;

  /** @param limit how many failures in a row are too many */
  constructor(limit = 4, now: () => number = () => performance.now()) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Why no more machines are made, or undefined. */
  get exhaustedBy(): Error | undefined {
    return this.#exhausted ? this.#last : undefined;
  }

  get last(): Error | undefined {
    return this.#last;
  }

  get mayTry(): boolean {
    return !this.#exhausted && this.#now() >= this.#notBefore;
  }

  failed(error: Error): void {
    this.#last = error;
    this.#inARow += 1;
    this.#notBefore = this.#now() + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#inARow - 1));
    this.#exhausted = this.#inARow >= this.#limit || isFinal(error);
  }

  /** A machine has done what it was bought for, or somebody asks anew. */
  reset(): void {
    this.#inARow = 0;
    this.#notBefore = 0;
    this.#exhausted = false;
  }
}
