import type { LogEntry } from "../dask/newest-logs.ts";
import type { SchedulerClient } from "../dask/scheduler-client.ts";

/** Raw log lines of Dask's nodes, oldest first. */
export interface ClusterLogs {
  /** The scheduler's. */
  readonly scheduler: readonly LogEntry[];
  /** By the worker's Dask name. */
  readonly workers: Readonly<Record<string, readonly LogEntry[]>>;
}

/** How much of the logs is asked for. */
export interface LogsOptions {
  /** The newest lines of each node, at most this many. Default: all that Dask keeps. */
  readonly n?: number | undefined;
  /** Ends the waiting when aborted: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export async function collectLogs(client: SchedulerClient, { n, signal }: LogsOptions): Promise<ClusterLogs> {
  const [scheduler, workers, byAddress] = await Promise.all([
    client.logs({ n, signal }),
    client.workers({ signal }),
    client.workerLogs({ n, signal }),
  ]);
  return {
    scheduler,
    workers: Object.fromEntries(workers.map(({ name, address }) => [name, byAddress.get(address) ?? []])),
  };
}
