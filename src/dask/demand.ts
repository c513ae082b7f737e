import type { Field } from "./fields.ts";

/** Parameters of the demand for workers. */
export interface DemandRequest {
  /** How long the work may take. Default: Dask's `distributed.adaptive.target-duration` (5 s). */
  readonly targetDurationMs?: number | undefined;
  /** Resources that each new worker will offer, such as `{ GPU: 1 }`. Default: none. */
  readonly resources?: Readonly<Record<string, number>> | undefined;
}

/** Waiting tasks that no present or new worker can run. */
export interface UnrunnableTasks {
  readonly tasks: number;
  /** Resources that new workers lack, with the amount that a task needs. Empty if `places` are missing. */
  readonly resources: Readonly<Record<string, number>>;
  /** Missing workers or hosts to which the tasks are restricted, at most five. */
  readonly places: readonly string[];
}

/** Tasks that need the same resources, and no certain worker or host. */
export interface ResourceDemand {
  /** The amounts that each task needs; empty for plain tasks. */
  readonly resources: Readonly<Record<string, number>>;
  /** Ready to run, and without a worker. */
  readonly waiting: number;
  /** On workers. */
  readonly running: number;
  /** The time that they take together on one thread, by Dask's averages of tasks with such names. */
  readonly seconds: number;
}

/** The number of workers that the present work can use (`templates/agent/demand.py`). */
export interface Demand {
  readonly workers: number;
  /** The scheduler's workers; absent if only Dask's plain adaptive target is known. */
  readonly present: number | undefined;
  readonly unrunnable: readonly UnrunnableTasks[];
  /** Waiting and running tasks by resources, most tasks first, at most 20 sets; empty if only Dask's plain adaptive target is known. */
  readonly sets: readonly ResourceDemand[];
  /** Tasks of further sets. */
  readonly more: number;
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
    sets: demand
      .get("sets")
      .list()
      .map((item) => item.map())
      .map((set) => ({
        resources: set.get("resources").map().numbers(),
        waiting: set.get("waiting").number(),
        running: set.get("running").number(),
        seconds: set.get("seconds").number(),
      })),
    more: demand.get("more").number(),
  };
}
