import type { TimeSource } from "../../core/clock.ts";
import { notFound } from "../api-error.ts";
import type { Resource } from "./resource.ts";

/** How long what is new is missing: from lists, and where it is asked for by its id. */
export interface Lags {
  readonly listMs: number;
  readonly getMs: number;
}

/** All resources of a kind. Lists and calls find them a moment after they are made. */
export class Shelf<Item extends Resource> {
  readonly #clock: TimeSource;
  readonly #lags: Lags;
  readonly #items = new Map<string, Item>();

  constructor(clock: TimeSource, lags: Lags) {
    this.#clock = clock;
    this.#lags = lags;
  }

  /** In the order in which they were made. */
  get all(): readonly Item[] {
    return [...this.#items.values()];
  }

  /** What lists of a compartment show, the newest first. */
  listed(compartmentId: string): readonly Item[] {
    const latest = this.#clock.now() - this.#lags.listMs;
    return this.all.filter((item) => item.createdAt <= latest && item.compartmentId === compartmentId).toReversed();
  }

  put(item: Item): Item {
    this.#items.set(item.id, item);
    return item;
  }

  delete({ id }: Item): void {
    this.#items.delete(id);
  }

  find(id: string): Item | undefined {
    return this.#items.get(id);
  }

  /** What a call finds. @throws ApiError 404 */
  get(id: string, message?: string): Item {
    const item = this.#items.get(id);
    if (item === undefined || item.createdAt + this.#lags.getMs > this.#clock.now()) throw notFound(message);
    return item;
  }
}
