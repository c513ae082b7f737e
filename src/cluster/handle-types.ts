import type { WorkerInfo } from "../dask/worker-info.ts";

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. Default: the cluster's own option for this step. */
  readonly timeoutMs?: number | undefined;
}

/** A Dask worker and the machine it runs on. */
export interface ClusterWorker extends WorkerInfo {
  readonly machineId: string | undefined;
}

/** A cluster that has a record on this computer. */
export interface ClusterSummary {
  readonly name: string;
  readonly provider: string;
  readonly createdAt: Date;
  /** The process that started it. */
  readonly launcher: { readonly pid: number; readonly host: string };
}

/** A provider's class, as `attach` needs it. */
export interface ClusterClass<Cluster> {
  /** The provider's section in Dask's configuration. */
  readonly provider: string;
  new (options: never): Cluster;
}
