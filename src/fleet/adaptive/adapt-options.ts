import { DaskFleetError } from "../../errors.ts";
import { assertCount } from "../../provider/cluster-schema.ts";

/** Bounds and pace of `adapt()`. */
export interface AdaptOptions {
  /** Never fewer worker machines than this. Default: the group's own `minimum`, usually 0. */
  readonly minimum?: number | undefined;
  /** Never more worker machines than this. Default: the group's own `maximum`; a group without one needs it. */
  readonly maximum?: number | undefined;
  /** How often to ask Dask for what tasks need, in milliseconds; of several groups the smallest counts. Default: 1000, as in Dask. */
  readonly intervalMs?: number | undefined;
  /** Scale down only after this many looks in a row that wanted fewer machines of the group. Default: 3, as in Dask. */
  readonly waitCount?: number | undefined;
  /** How long the work at hand should take on the group's workers, in milliseconds. Default: 5000, as in Dask. */
  readonly targetDurationMs?: number | undefined;
}

/** Options of `adapt()` by the name of the worker group. */
export type GroupAdaptOptions = Readonly<Record<string, AdaptOptions>>;

/** Whether options are by group: those of one group are numbers. */
export function isByGroup(options: AdaptOptions | GroupAdaptOptions): options is GroupAdaptOptions {
  const values = Object.values(options).filter((value) => value !== undefined);
  return values.length > 0 && values.every((value) => typeof value === "object" && value !== null);
}

/** @throws DaskFleetError `CONFIG_INVALID` for bounds that are invalid or crossed */
export function checkAdaptOptions(options: AdaptOptions | GroupAdaptOptions): void {
  for (const each of isByGroup(options) ? Object.values(options) : [options]) checkOne(each);
}

function checkOne(options: AdaptOptions): void {
  const { minimum = 0, maximum, intervalMs = 1, waitCount = 1, targetDurationMs = 1 } = options;
  assertCount("adapt({ minimum })", minimum);
  if (maximum !== undefined) assertCount("adapt({ maximum })", maximum);
  if (maximum !== undefined && minimum > maximum) {
    throw new DaskFleetError("CONFIG_INVALID", `Expected adapt({ minimum }) to be at most ${maximum}, got ${minimum}`);
  }
  for (const [name, value] of Object.entries({ intervalMs, waitCount, targetDurationMs })) {
    if (value > 0 && Number.isFinite(value)) continue;
    throw new DaskFleetError("CONFIG_INVALID", `Expected adapt({ ${name} }) to be greater than 0, got ${value}`);
  }
}
