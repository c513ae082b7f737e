import type { Field } from "./fields.ts";

/** What the demand for workers is reckoned with. */
export interface DemandRequest {
  /** How long the work may take. Default: Dask's `distributed.adaptive.target-duration` (5 s). */
  readonly targetDurationMs?: number | undefined;
  /** Resources that each new worker will offer, such as `{ GPU: 1 }`. Default: none. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
}

/** Tasks that wait and that no worker can run, neither one that is there nor a new one. */
export interface UnrunnableTasks {
  readonly tasks: number;
  /** Resources that new workers lack, with the amount that a task needs. Empty where `places` says what is missing. */
  readonly resources: Readonly<Record<string, number>>;
  /** Workers or hosts that the tasks are tied to and that are not there, five at most. */
  readonly places: readonly string[];
}

/** How many workers the present work can use (`templates/dask_fleet_demand.py`). */
export interface Demand {
  readonly workers: number;
  /** Workers that the scheduler has; absent where only Dask's plain wish is known. */
  readonly present: number | undefined;
  readonly unrunnable: readonly UnrunnableTasks[];
}

/** @throws DaskFleetError `PROTOCOL_VIOLATION` when a field is missing or of another type. */
export function parseDemand(answer: Field): Demand {
  const demand = answer.map();
  return {
    workers: demand.get("workers").number(),
    present: demand.get("present").number(),
    unrunnable: demand
      .get("missing")
      .list()
      .map((item) => item.map())
      .map((kind) => ({
        tasks: kind.get("tasks").number(),
        resources: kind.get("resources").map().numbers(),
        places: kind
          .get("places")
          .list()
          .map((place) => place.text()),
      })),
  };
}
