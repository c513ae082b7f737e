import type { Field, FieldMap } from "./fields.ts";

/** Abstract resources by name, as of `--resources "GPU=2"`. */
export type Resources = Readonly<Record<string, number>>;

/** Tasks that need the same resources, and no certain worker or host. */
export interface ResourceDemand {
  /** The amounts that each task needs; empty for plain tasks. */
  readonly resources: Resources;
  /** Ready to run, and without a worker. */
  readonly waiting: number;
  /** On workers, running or next in line. Dask gives a worker all tasks that only it can run, however many. */
  readonly running: number;
  /** Of those on workers, tasks that have left their thread (`secede()`, `worker_client()`). They keep their resources. */
  readonly seceded: number;
  /** The time that the others take together on one thread, by Dask's estimates for tasks with such names. */
  readonly seconds: number;
  /** Names of some of the tasks, at most three: foreign text. */
  readonly names: readonly string[];
}

/** Waiting tasks that are restricted to workers or hosts that are not there. */
export interface TiedTasks {
  readonly tasks: number;
  /** The missing workers or hosts, at most five: foreign text. */
  readonly places: readonly string[];
}

/** What the present work needs (`templates/agent/demand.py`). */
export interface Demand {
  /** Waiting and running tasks by resources, most tasks first, at most 100 sets. */
  readonly sets: readonly ResourceDemand[];
  /** Tasks of further sets. */
  readonly more: number;
  readonly tied: readonly TiedTasks[];
  /** Names of workers that run nothing and whose results have room elsewhere, the cheapest to close first. */
  readonly idle: readonly string[];
  /** The resources of each kind of workers that hold results in more than 60 % of their memory. */
  readonly crowded: readonly Resources[];
}

/** Dask's plain adaptive target in workers: all that a scheduler without the agent can tell. */
export interface PlainTarget {
  readonly workers: number;
}

/** @throws DaskFleetError `PROTOCOL_VIOLATION` when a field is missing or of another type. */
export function parseDemand(answer: Field): Demand | PlainTarget {
  const demand = answer.map();
  if (!demand.has("idle")) return { workers: demand.get("workers").number() };
  return {
    sets: maps(demand.get("sets")).map((set) => ({
      resources: set.get("resources").map().numbers(),
      waiting: set.get("waiting").number(),
      running: set.get("running").number(),
      seceded: set.get("seceded").number(),
      seconds: set.get("seconds").number(),
      names: texts(set.get("names")),
    })),
    more: demand.get("more").number(),
    tied: maps(demand.get("missing")).map((kind) => ({
      tasks: kind.get("tasks").number(),
      places: texts(kind.get("places")),
    })),
    idle: texts(demand.get("idle")),
    crowded: maps(demand.get("crowded")).map((kind) => kind.numbers()),
  };
}

function maps(list: Field): FieldMap[] {
  return list.list().map((item) => item.map());
}

function texts(list: Field): string[] {
  return list.list().map((item) => item.text());
}
