import type { WorkerInfo } from "../dask/worker-info.ts";
import type { Resource } from "../provider/machine.ts";
import type { ProviderDefinition } from "../provider/provider-definition.ts";

/** How long a call waits, and what makes it stop. */
export interface WaitOptions {
  /** Ends the waiting when aborted: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. Default: the cluster's own option for this step. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Why a cluster closed by itself.
 *
 * - `idle-timeout`: the scheduler had no work for `idleTimeoutMs`.
 * - `lifetime`: `maxLifetimeMs` was over.
 * - `shutdown`: a client ended the scheduler, such as Python's `client.shutdown()`, or a close from another process.
 * - `removed`: the scheduler's machine was deleted or told to stop from outside.
 * - `crash`: the scheduler or its machine failed.
 * - `unknown`: the machine has ended, and its console cannot be read.
 */
export type EndReason = "idle-timeout" | "lifetime" | "shutdown" | "removed" | "crash" | "unknown";

/** What a handle is told that attaches to a cluster of another process. */
export interface AttachOptions<Options> {
  /** Ends the attempt when aborted: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Options that the record does not hold, such as the cloud's credentials, and time-outs of this handle. Default: none. */
  readonly options?: Options | undefined;
}

/** What `remove()` may do besides, and to which cluster. */
export interface RemoveOptions {
  /** Forget the record of a cluster, and with it the client's key, when nothing of the cluster is found. Default: false. */
  readonly forget?: boolean | undefined;
  /** Which of several clusters of that name, by its id: `list()` shows it. What carries another id, or none, stays. */
  readonly id?: string | undefined;
}

/** A Dask worker and the machine it runs on. */
export interface ClusterWorker extends WorkerInfo {
  /** The provider's own id of the machine; undefined for a worker that is on none of the cluster's machines. */
  readonly machineId: string | undefined;
  /** The group of workers that its machine is of; `default` where options name none. Undefined where it is on no machine of the cluster. */
  readonly group: string | undefined;
}

/** A cluster that has a record on this computer, or that its provider has found by its tags. */
export interface ClusterSummary {
  /** The name that `attach()` and `remove()` take. */
  readonly name: string;
  /** What tells it from others of that name; undefined for a cluster of an older version. Anybody who may tag can have written it. */
  readonly id: string | undefined;
  /** The provider's section in Dask's configuration, such as `ec2`. */
  readonly provider: string;
  /** What the provider has found of it: machines, firewalls … Empty for local clusters. */
  readonly resources: readonly Resource[];
  /** Whether all its machines have powered off and are still there, which most clouds charge for; `sweep()` removes it then. */
  readonly poweredOff: boolean;
  /** When its time is over (`maxLifetimeMs`); `sweep()` removes it then. */
  readonly expiresAt: Date | undefined;
  /** Known where the record is. */
  readonly createdAt: Date | undefined;
  /** The process that looks after it, as far as its lease tells. Undefined where none does, and where no record is. */
  readonly launcher:
    | {
        /** Its process number on that computer. */
        readonly pid: number;
        /** The computer's host name. */
        readonly host: string;
      }
    | undefined;
}

/** A provider's class, as finding and removing its clusters need it. */
export interface Defined<Options> {
  /** From options to a provider. */
  readonly definition: ProviderDefinition<Options>;
  /** For the words of how to remove what is left. */
  readonly name: string;
}

/** A provider's class, as `attach` needs it. */
export interface ClusterClass<Cluster, Options = never> extends Defined<Options> {
  new (options: Options): Cluster;
}
