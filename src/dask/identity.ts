import type { FieldMap } from "./fields.ts";

/** The scheduler and its cluster in short (`Scheduler.identity`, distributed/scheduler.py). */
export interface SchedulerIdentity {
  /** `Scheduler-<uuid>`; a restarted scheduler has another. */
  readonly id: string;
  /** The address that the scheduler advertises: on a cloud its private one, not the dialled one. */
  readonly address: string;
  readonly started: Date;
  /** Ports by service, such as `dashboard`. */
  readonly services: Readonly<Record<string, number>>;
  readonly workerCount: number;
  readonly totalThreads: number;
  /** Bytes. */
  readonly totalMemory: number;
}

/**
 * Schedulers before 2025.4.0 send no totals: theirs are summed up from the worker list, which they always send whole.
 *
 * @throws DaskFleetError `PROTOCOL_VIOLATION` when a field is missing or of another type.
 */
export function parseIdentity(identity: FieldMap): SchedulerIdentity {
  const sum = (key: string): number =>
    identity
      .get("workers")
      .map()
      .entries()
      .reduce((total, [, worker]) => total + (worker.map().optional(key)?.number() ?? 0), 0);
  return {
    id: identity.get("id").text(),
    address: identity.get("address").text(),
    started: identity.get("started").date(),
    services: identity.get("services").map().numbers(),
    workerCount: identity.optional("n_workers")?.number() ?? identity.get("workers").map().entries().length,
    totalThreads: identity.optional("total_threads")?.number() ?? sum("nthreads"),
    totalMemory: identity.optional("total_memory")?.number() ?? sum("memory_limit"),
  };
}
