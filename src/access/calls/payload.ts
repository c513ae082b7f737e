import { encode } from "@msgpack/msgpack";

import { violation } from "../../dask/dask-errors.ts";
import { Field } from "../../dask/fields.ts";
import { decodeMsgpack, newBudget } from "../../dask/message/msgpack.ts";
import { inTurns } from "../../dask/message/steps.ts";
import type { FailureParts } from "./call-failed.ts";
import { unpackValue } from "./values/decode.ts";
import type { Packed } from "./values/encode.ts";
import { joinFrames, splitFrames } from "./values/frames.ts";

/** From here on a value's msgpack has a frame of its own. */
const LARGE = 64 * 1024;

/** What a task is given: the arguments of one call, or the inputs of a batch. */
export interface Arguments {
  readonly isBatch: boolean;
  readonly kwargs: Packed | undefined;
  readonly items: readonly Packed[];
}

/** How one call of the function ended. */
export type Outcome = { readonly value: unknown } | { readonly failure: FailureParts };

/** The outcomes of a task, in the order of its inputs, and what it took. */
export interface Outcomes {
  readonly seconds: number;
  readonly outcomes: readonly Outcome[];
}

/** The bytes of a task's arguments, in parts (`calls_worker.py`). */
export function packArguments({ isBatch, kwargs, items }: Arguments): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  const place = (packed: Packed): readonly [Uint8Array | number, number] => {
    const base = frames.length + 1;
    frames.push(...packed.frames);
    return [packed.data.byteLength < LARGE ? packed.data : frames.push(packed.data), base];
  };
  const head = encode([isBatch, kwargs === undefined ? null : place(kwargs), items.map(place)]);
  return joinFrames([head, ...frames]);
}

/**
 * Reads a task's result.
 *
 * @throws DaskFleetError `PROTOCOL_VIOLATION`
 */
export async function readOutcomes(message: Uint8Array, expected: number): Promise<Outcomes> {
  const [head, ...frames] = splitFrames(message);
  if (head === undefined) throw violation("A result of a call is malformed");
  const decoded = await inTurns(decodeMsgpack(head, newBudget()), () => true);
  const [seconds, worker, outcomes] = new Field(decoded?.result, "result").triple();
  const list = outcomes.list();
  if (list.length !== expected) throw violation(`A task of ${expected} inputs has ${list.length} outcomes`);
  const read: Outcome[] = [];
  for (const outcome of list) read.push(await readOutcome(outcome, frames, worker.text()));
  return { seconds: seconds.number(), outcomes: read };
}

async function readOutcome(outcome: Field, frames: readonly Uint8Array[], worker: string): Promise<Outcome> {
  const [isValue, what] = outcome.list();
  if (isValue === undefined || what === undefined) throw violation("An outcome of a call is malformed");
  if (isValue.number() === 1) {
    const [data, base] = what.list();
    if (data === undefined || base === undefined) throw violation("A value of a call is malformed");
    const first = base.number();
    const bytes = data.isNumber ? frames[data.number()] : data.bytes();
    if (bytes === undefined) throw violation("A result points at bytes that it does not have");
    return { value: await unpackValue(bytes, first === 0 ? frames : frames.slice(first)) };
  }
  const failure = what.map();
  return {
    failure: {
      type: failure.get("type").text(),
      pythonMessage: failure.get("message").text(),
      traceback: failure.get("traceback").text(),
      worker,
    },
  };
}
