import { backOffMs } from "../back-off.ts";
import { DaskFleetError, type Meaning, linesOf, meaningOf } from "../errors.ts";

const PAUSES = { firstMs: 500, longestMs: 60_000 };

/**
 * The number of refusals in a row after which a waiting caller gets the error. A single refusal of credentials may be a fluke: EC2 answers
 * a random 401 now and then. A cluster under removal may free a quota. Other meanings are retried for ever.
 */
const HOPELESS_AFTER: Partial<Readonly<Record<Meaning, number>>> = {
  policy: 1,
  configuration: 1,
  permission: 2,
  credentials: 2,
  quota: 8,
};

/** A series of refusals, from the first until the cloud creates the requested machines. */
export interface CreationTrouble {
  readonly error: Error;
  /** Refusals in a row. */
  readonly attempts: number;
}

/**
 * The back-off after refused create calls: retries for ever, with pauses of up to a minute. A caller that waits for machines gives up
 * earlier, see {@link hopeless}.
 */
export class CreationRetries {
  readonly #now: () => number;
  readonly #random: () => number;
  #trouble: CreationTrouble | undefined;
  #sameMeaning = 0;
  #notBefore = Number.NEGATIVE_INFINITY;

  constructor(now: () => number = () => performance.now(), random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  get trouble(): CreationTrouble | undefined {
    return this.#trouble;
  }

  /** The time until the next try, in milliseconds. */
  get nextTryInMs(): number {
    return Math.max(0, this.#notBefore - this.#now());
  }

  get mayTry(): boolean {
    return this.nextTryInMs === 0;
  }

  /** Why waiting is hopeless: the cloud refuses for a permanent reason. */
  get hopeless(): Error | undefined {
    if (this.#trouble === undefined) return undefined;
    const limit = HOPELESS_AFTER[meaningOf(this.#trouble.error)];
    return limit !== undefined && this.#sameMeaning >= limit ? this.#trouble.error : undefined;
  }

  /** @param gaveSome whether the cloud created some of the machines: then the next try is soon */
  failed(error: Error, gaveSome: boolean): void {
    const before = this.#trouble;
    this.#sameMeaning =
      before !== undefined && meaningOf(before.error) === meaningOf(error) ? this.#sameMeaning + 1 : 1;
    this.#trouble = { error, attempts: gaveSome ? 1 : (before?.attempts ?? 0) + 1 };
    this.#notBefore = this.#now() + backOffMs(this.#trouble.attempts, PAUSES, this.#random());
  }

  succeeded(): void {
    this.#trouble = undefined;
    this.askAnew();
  }

  /** Resets the back-off, since machines were requested anew. */
  askAnew(): void {
    this.#sameMeaning = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
    if (this.#trouble !== undefined) this.#trouble = { ...this.#trouble, attempts: 0 };
  }
}

/** A time-out with the code and meaning of the cloud's refusal. */
export function shortageError(timeout: DaskFleetError, shortage: Error): DaskFleetError {
  const { code, meaning } = shortage instanceof DaskFleetError ? shortage : timeout;
  return new DaskFleetError(code, linesOf(timeout), { cause: shortage, meaning });
}
