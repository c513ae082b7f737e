import { DaskFleetError } from "../../../errors.ts";
import { CallFailedError } from "../call-failed.ts";
import { endedWithout } from "../call.ts";
import { checkCount, checkResources } from "../check-options.ts";
import { checkFunctionName } from "../function-name.ts";
import { type Outcome, packArguments, readOutcomes } from "../payload.ts";
import type { CallSession } from "../session.ts";
import { type Packed, packValue } from "../values/encode.ts";
import { BatchSize } from "./batch-size.ts";
import { InputSource, type Inputs } from "./inputs.ts";
import type { MapError, MapOptions, MapValue } from "./map-options.ts";

/** The inputs of a task together, in bytes. */
const MOST_BYTES = 1024 * 1024;
/** How long a batch that is not full waits for the next input. */
const LINGER_MS = 5;
/** Batches that have ended and wait for the consumer, or for one before them. */
const MOST_READY = 4;

interface Item<I> {
  readonly input: I;
  readonly index: number;
  readonly packed: Packed;
  tries: number;
  batch: Batch<I> | undefined;
}

/** Counts until its last item was consumed. */
interface Batch<I> {
  readonly items: readonly Item<I>[];
  left: number;
}

type Result<I> = MapValue<I, unknown> | MapError<I>;

/** Calls a function for each input; see {@link ClusterManager.map}. Tasks are sent as results are consumed: no more than a window is out. */
export class CallMap<I> {
  readonly #session: CallSession;
  readonly #name: string;
  readonly #options: MapOptions;
  readonly #resources: Readonly<Record<string, number>> | undefined;
  readonly #kwargs: Packed | undefined;
  readonly #source: InputSource<I>;
  readonly #sizes: BatchSize;
  readonly #ended = new AbortController();
  readonly #again: Item<I>[] = [];
  /** Results for the consumer. */
  readonly #ready: { readonly result: Result<I>; readonly batch: Batch<I> }[] = [];
  /** Results that wait for an earlier one, by index. */
  readonly #early = new Map<number, { readonly result: Result<I>; readonly batch: Batch<I> }>();
  #next = 0;
  #running = 0;
  #isFull = false;
  #unconsumed = 0;
  #pulled = 0;
  #yielded = 0;
  #completed = 0;
  #failed = 0;
  #submitted = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  /** @throws DaskFleetError `CONFIG_INVALID` */
  constructor(session: CallSession, name: string, inputs: Inputs<I>, options: MapOptions) {
    checkFunctionName(name);
    const { batchSize, concurrency, retries = 0, kwargs, errors = "throw" } = options;
    if (batchSize !== undefined) checkCount("batchSize", batchSize, 1, 100_000);
    if (concurrency !== undefined) checkCount("concurrency", concurrency, 1, 5000);
    checkCount("retries", retries, 0, 1_000_000);
    if (!["throw", "yield"].includes(errors)) {
      throw new DaskFleetError("CONFIG_INVALID", `errors is "throw" or "yield", got ${errors}.`);
    }
    this.#session = session;
    this.#name = name;
    this.#options = options;
    this.#resources = checkResources(options.resources);
    this.#kwargs = kwargs === undefined ? undefined : packValue(kwargs, `${name}'s kwargs`);
    this.#source = new InputSource(inputs);
    this.#sizes = new BatchSize(batchSize, concurrency);
  }

  async *results(): AsyncGenerator<Result<I>, void, undefined> {
    const { signal } = this.#options;
    const abort = (): void => this.#fail(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      signal?.throwIfAborted();
      await this.#session.open(signal);
      const feeding = this.#feed();
      feeding.catch((error: unknown) => this.#fail(error));
      for (;;) {
        const first = this.#ready.shift();
        if (first !== undefined) {
          this.#yielded += 1;
          if (--first.batch.left === 0) {
            this.#unconsumed -= 1;
            this.#wake();
          }
          yield first.result;
          continue;
        }
        if (this.#failure !== undefined) throw this.#failure.error;
        if (this.#source.ended && this.#yielded === this.#pulled) return;
        await this.#change();
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#ended.abort(this.#failure?.error ?? new DaskFleetError("CLOSED", "The map was ended by its consumer."));
      await this.#source.close();
    }
  }

  /** Sends batches as long as there is room for them. */
  async #feed(): Promise<void> {
    while (!this.#ended.signal.aborted && this.#failure === undefined) {
      const threads = Math.max(1, this.#session.size.threads);
      const window = this.#sizes.window(threads);
      const room = window * (this.#options.ordered === true ? MOST_READY : 2);
      if (this.#running >= window || this.#unconsumed >= room) this.#isFull = true;
      // Many short tasks are sent together: a large window is filled again when half of it is free.
      if (this.#isFull && (this.#running > this.#sizes.refillAt(threads) || this.#unconsumed >= room)) {
        await this.#change();
        continue;
      }
      this.#isFull = false;
      const items = await this.#gather(threads);
      if (items.length > 0) this.#send(items);
      else if (this.#source.ended && this.#running === 0 && this.#again.length === 0) {
        this.#wake();
        return;
      } else if (this.#source.ended) await this.#change();
    }
  }

  /** The inputs of the next task: those to be tried again, or new ones. */
  async #gather(threads: number): Promise<readonly Item<I>[]> {
    const left = (this.#source.total ?? Number.POSITIVE_INFINITY) - this.#pulled;
    const size = this.#sizes.size(threads, left);
    if (this.#again.length > 0) return this.#again.splice(0, size);
    const items: Item<I>[] = [];
    let bytes = 0;
    while (items.length < size && bytes < MOST_BYTES) {
      const pulled = this.#source.pull();
      if (pulled === "end") break;
      if (pulled === "later") {
        // Others may be tried again meanwhile, and a slow source must not hold back what is there.
        const hasMore = await this.#arrivesSoon(items.length > 0 ? LINGER_MS : undefined);
        if (!hasMore) break;
        continue;
      }
      const index = this.#pulled;
      this.#pulled += 1;
      const packed = packValue(pulled.input, `${this.#name}: input ${index}`);
      items.push({ input: pulled.input, index, packed, tries: 0, batch: undefined });
      bytes += packed.data.byteLength + packed.frames.reduce((total, frame) => total + frame.byteLength, 0);
    }
    return items;
  }

  /** Waits for the next input, or for another reason to look again. */
  async #arrivesSoon(withinMs: number | undefined): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const arrival = this.#source.arrival().then(() => true);
    const other =
      withinMs === undefined
        ? this.#change()
        : new Promise<void>((resolve) => {
            timer = setTimeout(resolve, withinMs);
          });
    const has = await Promise.race([arrival, other.then(() => false)]);
    clearTimeout(timer);
    return has;
  }

  #send(items: readonly Item<I>[]): void {
    const batch = { items, left: items.length };
    this.#running += 1;
    this.#unconsumed += 1;
    this.#submitted += items.length;
    const payload = packArguments({ isBatch: true, kwargs: this.#kwargs, items: items.map(({ packed }) => packed) });
    const task = { function: this.#name, payload, resources: this.#resources };
    void this.#run(task, batch)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#running -= 1;
        this.#submitted -= items.length;
        this.#wake();
      });
  }

  async #run(task: Parameters<CallSession["run"]>[0], batch: Batch<I>): Promise<void> {
    const { items } = batch;
    const end = await this.#session.run(task, this.#ended.signal);
    if ("data" in end) {
      const { seconds, outcomes } = await readOutcomes(end.data, items.length);
      this.#sizes.observe(items.length, seconds);
      for (const [at, item] of items.entries()) {
        const outcome = outcomes[at];
        if (outcome !== undefined) this.#conclude(item, batch, outcome);
      }
    } else {
      const others = items.length > 1 ? ` (with ${items.length - 1} other inputs in its task)` : "";
      for (const item of items) this.#give(item, batch, endedWithout(`${this.#what(item)}${others}`, end));
    }
    this.#order();
    const { onProgress } = this.#options;
    onProgress?.({
      completed: this.#completed,
      failed: this.#failed,
      submitted: this.#submitted - items.length,
      total: this.#source.total,
    });
  }

  #conclude(item: Item<I>, batch: Batch<I>, outcome: Outcome): void {
    if ("value" in outcome) {
      this.#give(item, batch, undefined, outcome.value);
    } else if (item.tries < (this.#options.retries ?? 0)) {
      item.tries += 1;
      this.#again.push(item);
      if (--batch.left === 0) this.#unconsumed -= 1;
    } else {
      this.#give(item, batch, new CallFailedError(this.#what(item), outcome.failure));
    }
  }

  #give({ input, index }: Item<I>, batch: Batch<I>, error: CallFailedError | undefined, value?: unknown): void {
    if (error === undefined) this.#completed += 1;
    else this.#failed += 1;
    if (error !== undefined && this.#options.errors !== "yield") {
      this.#fail(error);
      return;
    }
    const result = error === undefined ? { input, index, value } : { input, index, error };
    if (this.#options.ordered === true) this.#early.set(index, { result, batch });
    else this.#ready.push({ result, batch });
  }

  #order(): void {
    for (;;) {
      const entry = this.#early.get(this.#next);
      if (entry === undefined) break;
      this.#early.delete(this.#next);
      this.#next += 1;
      this.#ready.push(entry);
    }
    this.#wake();
  }

  #what({ index }: Item<I>): string {
    return `${this.#name} for input ${index}`;
  }

  /** The first failure is the map's. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#ended.abort(error);
    this.#wake();
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      const before = this.#wake;
      this.#wake = () => {
        this.#wake = () => undefined;
        before();
        resolve();
      };
    });
  }
}
