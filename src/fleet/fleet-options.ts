import type { SchedulerClient } from "../dask/scheduler-client.ts";
import type { ProgressEvent } from "../progress.ts";
import type { ClusterProvider } from "../provider/complete-provider.ts";
import type { CreatedMachines, Machine } from "../provider/machine.ts";
import type { WorkerGroup } from "../provider/worker-group.ts";
import type { Consoles } from "./consoles/consoles.ts";
import type { NodeTable } from "./node-table.ts";
import type { PlanLimits } from "./plan.ts";
import type { SchedulerRestarts } from "./scheduler-restarts.ts";
import type { Troubles } from "./troubles.ts";
import type { UnknownWorkers } from "./unknown-workers.ts";

/** One group of workers, as its fleet needs to know it. */
export interface FleetGroup extends Pick<WorkerGroup, "name" | "minimum" | "maximum"> {
  /** Workers (processes) on each machine, where that is certain beforehand. */
  readonly processes: number | undefined;
  /** Makes `count` machines of the group. */
  readonly create: (count: number, signal: AbortSignal) => Promise<CreatedMachines>;
}

export interface FleetOptions {
  /** The groups of workers; one at least. */
  readonly groups: readonly FleetGroup[];
  readonly provider: Pick<ClusterProvider, "list" | "destroy">;
  /** Undefined until the scheduler is up. */
  readonly scheduler: () => SchedulerClient | undefined;
  readonly limits: PlanLimits;
  /** Look at the provider's list at most this often, in milliseconds. */
  readonly pollIntervalMs: number;
  readonly retireTimeoutMs: number;
  /** A pass goes on without a call to the provider that takes longer than this, in milliseconds. */
  readonly callTimeoutMs: number;
  readonly consoles: Consoles;
  readonly troubles: Troubles;
  readonly unknown: UnknownWorkers;
  readonly restarts: SchedulerRestarts;
  readonly emit: (event: ProgressEvent) => void;
  /** Whether a start waits for the machines, and ends when waiting is of no use. */
  readonly isStarting: () => boolean;
  /** Whether it is ours to make and destroy machines; not while another process looks after the cluster. */
  readonly mayAct: () => Promise<boolean>;
}

/** What the groups of a cluster share. */
export interface Shared extends FleetOptions {
  readonly nodes: NodeTable;
  /** A call that does not heed the signal is left behind. */
  readonly call: <T>(what: string, signal: AbortSignal, verb: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  readonly destroyMachines: (machines: readonly Machine[], signal: AbortSignal) => Promise<void>;
  /** When the provider was asked for its last list. */
  readonly listedAt: () => number;
  /** The provider's list is to be asked for at the next look. */
  readonly listAgain: () => void;
}
