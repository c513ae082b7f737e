import type { FieldMap } from "./fields.ts";

/** One worker, from the scheduler (`WorkerState.identity`, distributed/scheduler.py). */
export interface WorkerInfo {
  /** The advertised address, such as `tls://10.0.0.5:40123`. */
  readonly address: string;
  /** Always a string: Dask turns `--name 7` into a number, which becomes `"7"` here. */
  readonly name: string;
  /** The host of that address. */
  readonly host: string;
  /** The number of tasks that it runs at the same time. */
  readonly nthreads: number;
  /** The memory limit in bytes; 0 without a limit. */
  readonly memoryLimit: number;
  /** Memory use of the worker's process at its last heartbeat, in bytes; absent before the first one. */
  readonly memoryUsed: number | undefined;
  /** Per cent of one core at the last heartbeat; absent before the first one. */
  readonly cpuPercent: number | undefined;
  /** Tasks that it ran at the last heartbeat; absent before the first one. */
  readonly executing: number | undefined;
  /** `init`, `running`, `paused`, `closing_gracefully`, `closing`, … as Dask spells it. */
  readonly status: string;
  /** The address of the worker's nanny; absent when it has none. */
  readonly nanny: string | undefined;
  /** The time of its last heartbeat, by the scheduler's clock. */
  readonly lastSeen: Date;
  /** The worker's directory on its machine, such as for spilled data. */
  readonly localDirectory: string;
  /** Abstract resources, as of `--resources "GPU=2"`. */
  readonly resources: Readonly<Record<string, number>>;
  /** Ports by service, such as `dashboard`. */
  readonly services: Readonly<Record<string, number>>;
}

/** @throws DaskFleetError `PROTOCOL_VIOLATION` when a field is missing or of another type. */
function parseWorkerInfo(address: string, worker: FieldMap): WorkerInfo {
  const metrics = worker.optional("metrics")?.map();
  return {
    address,
    name: worker.get("name").label(),
    host: worker.get("host").text(),
    nthreads: worker.get("nthreads").number(),
    memoryLimit: worker.optional("memory_limit")?.number() ?? 0,
    memoryUsed: metrics?.optional("memory")?.number(),
    cpuPercent: metrics?.optional("cpu")?.number(),
    executing: metrics === undefined ? undefined : executingIn(metrics),
    status: worker.get("status").text(),
    nanny: worker.optional("nanny")?.text(),
    lastSeen: worker.get("last_seen").date(),
    localDirectory: worker.get("local_directory").text(),
    resources: worker.get("resources").map().numbers(),
    services: worker.get("services").map().numbers(),
  };
}

/** Since 2023.3 Dask counts tasks by state, without those that are 0; before, it names them. */
function executingIn(metrics: FieldMap): number | undefined {
  const counts = metrics.optional("task_counts")?.map();
  return counts === undefined ? metrics.optional("executing")?.number() : (counts.optional("executing")?.number() ?? 0);
}

/** Reads `{address: worker}`, the answer of `identity` and `retire_workers`. */
export function parseWorkers(workers: FieldMap): WorkerInfo[] {
  return workers.entries().map(([address, worker]) => parseWorkerInfo(address, worker.map()));
}
