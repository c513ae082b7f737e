import { backOffMs } from "../back-off.ts";
import { DaskFleetError, type Meaning, linesOf, meaningOf } from "../errors.ts";

const PAUSES = { firstMs: 500, longestMs: 60_000 };

/**
 * After how many refusals in a row a waiting caller gets the error. One refusal of credentials proves nothing:
 * EC2 answers a random 401 now and then. A quota may be freed by a cluster that is just being removed. What is not listed can pass.
 */
const HOPELESS_AFTER: Partial<Readonly<Record<Meaning, number>>> = {
  policy: 1,
  configuration: 1,
  permission: 2,
  credentials: 2,
  quota: 8,
};

/** Trouble with making machines, from the first refusal until the cloud gives what is asked for. */
export interface CreationTrouble {
  readonly error: Error;
  /** Refusals in a row. */
  readonly attempts: number;
}

/**
 * When machines are asked for again after the cloud refused them: for ever, with pauses that grow to a minute. A caller that
 * waits for machines gives up earlier, see {@link hopeless}.
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

  /** How long until the next try, in milliseconds. */
  get nextTryInMs(): number {
    return Math.max(0, this.#notBefore - this.#now());
  }

  get mayTry(): boolean {
    return this.nextTryInMs === 0;
  }

  /** Why waiting is of no use: the cloud has refused for a reason that time does not mend. */
  get hopeless(): Error | undefined {
    if (this.#trouble === undefined) return undefined;
    const limit = HOPELESS_AFTER[meaningOf(this.#trouble.error)];
    return limit !== undefined && this.#sameMeaning >= limit ? this.#trouble.error : undefined;
  }

  /** @param gaveSome whether the cloud made some of the machines: then it is asked again soon */
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

  /** Somebody asks for machines: they are tried for at once, and earlier refusals count no more. */
  askAnew(): void {
    this.#sameMeaning = 0;
    this.#notBefore = Number.NEGATIVE_INFINITY;
    if (this.#trouble !== undefined) this.#trouble = { ...this.#trouble, attempts: 0 };
  }
}

/** That time is over says less than what the cloud refused. */
export function shortageError(timeout: DaskFleetError, shortage: Error): DaskFleetError {
  const { code, meaning } = shortage instanceof DaskFleetError ? shortage : timeout;
  return new DaskFleetError(code, linesOf(timeout), { cause: shortage, meaning });
}
