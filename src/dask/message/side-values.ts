import type { Frames } from "../comm/frames.ts";
import { violation } from "../dask-errors.ts";
import type { ValueBudget } from "./msgpack.ts";
import { decodeMsgpack, isMap } from "./msgpack.ts";
import { OpaqueValue, readSerialized } from "./serialized.ts";
import type { Steps } from "./steps.ts";

/**
 * The values in a message's further frames: `{__Serialized__: k}` means that frame k is a header and the `num-sub-frames` frames after
 * it are the data.
 *
 * A value that is named twice is decoded once, and no frame belongs to two values: a small hostile message cannot make us decode one big
 * frame repeatedly.
 */
export class SideValues {
  readonly #frames: Frames;
  readonly #budget: ValueBudget;
  readonly #done = new Map<unknown, unknown>();
  readonly #claimed = new Set<number>();

  constructor(frames: Frames, budget: ValueBudget) {
    this.#frames = frames;
    this.#budget = budget;
  }

  *serialized(index: unknown): Steps<unknown> {
    if (!this.#done.has(index)) {
      const { header, data } = yield* this.#take(index);
      this.#done.set(index, yield* readSerialized(header, data, this.#budget));
    }
    return this.#done.get(index);
  }

  *pickled(index: unknown): Steps<unknown> {
    if (!this.#done.has(index)) {
      yield* this.#take(index);
      this.#done.set(index, new OpaqueValue("pickled, which dask-fleet never reads"));
    }
    return this.#done.get(index);
  }

  *#take(index: unknown): Steps<{ header: Record<string, unknown>; data: readonly Uint8Array[] }> {
    const first = typeof index === "number" && index > 0 ? this.#frames[index] : undefined;
    if (first === undefined) throw violation("A message points at a frame it does not have");
    const start = Number(index) + 1;
    const header = yield* decodeMsgpack(first, this.#budget);
    const count = isMap(header) ? header["num-sub-frames"] : undefined;
    if (!isMap(header) || typeof count !== "number" || !Number.isInteger(count) || count < 0) {
      throw violation("A message has a serialized value without a proper header");
    }
    const data = this.#frames.slice(start, start + count);
    if (data.length < count) throw violation("A message has fewer frames than a serialized value needs");
    for (let frame = start - 1; frame < start + count; frame++) {
      if (this.#claimed.has(frame)) throw violation("A message uses one frame for two values");
      this.#claimed.add(frame);
    }
    return { header, data };
  }
}
