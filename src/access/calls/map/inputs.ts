import { types } from "node:util";

import { DaskFleetError } from "../../../errors.ts";
import { sleep } from "../../../wait.ts";

const PATIENCE_MS = 100;

/** The inputs of a map: an array, or anything that can be iterated, also asynchronously. */
export type Inputs<I> = Iterable<I> | AsyncIterable<I>;

/** What a source has just now. */
export type Pulled<I> = { readonly input: I } | "later" | "end";

/** Pulls inputs one by one, and never more than one ahead. */
export class InputSource<I> {
  readonly #next: () => IteratorResult<I> | Promise<IteratorResult<I>>;
  readonly #return: () => unknown;
  /** The number of inputs, if that is known. */
  readonly total: number | undefined;
  #pending: Promise<void> | undefined;
  #arrived: IteratorResult<I> | undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;

  /** @throws DaskFleetError `CONFIG_INVALID` for what cannot be iterated */
  constructor(inputs: Inputs<I>) {
    this.total = Array.isArray(inputs) ? inputs.length : undefined;
    const foreign = inputs as Partial<AsyncIterable<I>> & Partial<Iterable<I>>;
    if (typeof inputs !== "string" && typeof foreign?.[Symbol.asyncIterator] === "function") {
      const iterator = (inputs as AsyncIterable<I>)[Symbol.asyncIterator]();
      this.#next = async () => await iterator.next();
      this.#return = () => iterator.return?.();
    } else if (typeof inputs !== "string" && typeof foreign?.[Symbol.iterator] === "function") {
      const iterator = (inputs as Iterable<I>)[Symbol.iterator]();
      this.#next = () => iterator.next();
      this.#return = () => iterator.return?.();
    } else {
      throw new DaskFleetError("CONFIG_INVALID", "The inputs of map() are an array or an (async) iterable.");
    }
  }

  /** Whether there is nothing more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next input, if it is there. Throws what the iterable throws. */
  pull(): Pulled<I> {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#ended) return "end";
    if (this.#arrived === undefined) {
      if (this.#pending !== undefined) return "later";
      const next = this.#next();
      if (types.isPromise(next)) {
        this.#pending = this.#await(next);
        return "later";
      }
      this.#arrived = next;
    }
    const { done, value } = this.#arrived;
    this.#arrived = undefined;
    if (done === true) {
      this.#ended = true;
      return "end";
    }
    return { input: value };
  }

  /** Resolves when {@link pull} has more to say than "later". Never rejects. */
  async arrival(): Promise<void> {
    await this.#pending;
  }

  /** Ends the iteration early. Never rejects. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    try {
      const returned = Promise.resolve(this.#return());
      returned.catch(() => undefined);
      // A generator that still waits for its next value must not keep us waiting, too.
      await Promise.race([returned, sleep(PATIENCE_MS)]);
    } catch {
      // The reason to end early matters more.
    }
  }

  async #await(next: Promise<IteratorResult<I>>): Promise<void> {
    try {
      this.#arrived = await next;
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#pending = undefined;
    }
  }
}
