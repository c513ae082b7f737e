import type { WorkerInfo } from "../dask/worker-info.ts";
import type { ProviderDefinition } from "../provider/provider-definition.ts";

/** How long a call waits, and what aborts it. */
export interface WaitOptions {
  /** Aborts the wait: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. Default: the cluster's own option for this step. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Why a cluster closed by itself.
 *
 * - `idle-timeout`: the scheduler had no work for `idleTimeoutMs`.
 * - `no-client`: no client, launcher or work for `noClientTimeoutMs`.
 * - `lifetime`: `maxLifetimeMs` expired, or the deadline that was set passed.
 * - `shutdown`: a client ended the scheduler, such as Python's `client.shutdown()`, or a close from another process.
 * - `removed`: the scheduler's machine was deleted or told to stop from outside.
 * - `crash`: the scheduler or its machine failed.
 * - `unknown`: the machine ended, and its console is unreadable.
 */
export type EndReason = "idle-timeout" | "no-client" | "lifetime" | "shutdown" | "removed" | "crash" | "unknown";

/** Options of `attach()`. */
export interface AttachOptions<Options> {
  /** Ends the attempt when aborted: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Options that the record lacks, such as the cloud's credentials, and time-outs of this handle. Default: none. */
  readonly options?: Options | undefined;
  /** Whether it looks after the cluster as soon as the process that leads it has ended, also later. Default: only at the attempt. */
  readonly standBy?: boolean | undefined;
}

/** Options of `remove()`. */
export interface RemoveOptions {
  /** Forget the record of a cluster, and with it the client's key, when no resource of it is found. Default: false. */
  readonly forget?: boolean | undefined;
  /** Selects one of several clusters of that name by its id, as `list()` shows it. Resources with another id, or none, stay. */
  readonly id?: string | undefined;
}

/** A Dask worker and the machine it runs on. */
export interface ClusterWorker extends WorkerInfo {
  /** The provider's id of the machine; undefined for a worker on none of the cluster's machines. */
  readonly machineId: string | undefined;
  /** The worker group of its machine; `default` without `groups`. Undefined for a worker on the scheduler's machine, or on none of the cluster's. */
  readonly group: string | undefined;
}

/** The static side of a provider's class, for finding and removing its clusters. */
export interface Defined<Options> {
  /** From options to a provider. */
  readonly definition: ProviderDefinition<Options>;
  /** The class's name, for the message about leftovers. */
  readonly name: string;
}

/** The static side of a provider's class, for `attach`. */
export interface ClusterClass<Cluster, Options = never> extends Defined<Options> {
  /** Makes a handle. Checks options and touches nothing. */
  new (options: Options): Cluster;
}
