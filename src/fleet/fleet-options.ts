import type { Membership } from "../dask/agent/membership-watcher.ts";
import type { SchedulerClient } from "../dask/scheduler-client.ts";
import type { ProgressEvent } from "../progress.ts";
import type { ClusterProvider } from "../provider/complete-provider.ts";
import type { CreatedMachines, Machine } from "../provider/machine.ts";
import type { WorkerGroup } from "../provider/worker-group.ts";
import type { Cadence } from "./cadence.ts";
import type { Consoles } from "./consoles/consoles.ts";
import type { NodeTable } from "./node-table.ts";
import type { PlanLimits } from "./plan.ts";
import type { SchedulerRestarts } from "./scheduler-restarts.ts";
import type { Troubles } from "./troubles.ts";
import type { UnknownWorkers } from "./unknown-workers.ts";
import type { WorkersBeside } from "./workers-beside.ts";

/** A worker group, as its fleet needs it. */
export interface FleetGroup extends Pick<WorkerGroup, "name" | "minimum" | "maximum"> {
  /** Workers (processes) on each machine; undefined when only a machine can tell. */
  readonly processes: number | undefined;
  /** Creates `count` machines of the group. */
  readonly create: (count: number, signal: AbortSignal) => Promise<CreatedMachines>;
}

export interface FleetOptions {
  /** The worker groups, at least one. */
  readonly groups: readonly FleetGroup[];
  readonly provider: Pick<ClusterProvider, "list" | "destroy">;
  /** Undefined until the scheduler is up. */
  readonly scheduler: () => SchedulerClient | undefined;
  /** The workers as the agent tells them; undefined where it does not, so that the scheduler is asked. */
  readonly membership?: (() => Membership | undefined) | undefined;
  readonly limits: PlanLimits;
  /** The shortest time between two lists of machines, in milliseconds; while all is well, more than a minute passes. */
  readonly pollIntervalMs: number;
  readonly retireTimeoutMs: number;
  /** The time-out of each call to the provider, in milliseconds. */
  readonly callTimeoutMs: number;
  readonly consoles: Consoles;
  readonly troubles: Troubles;
  readonly unknown: UnknownWorkers;
  /** Those on the scheduler's own machine, if it has some. */
  readonly beside?: WorkersBeside | undefined;
  readonly restarts: SchedulerRestarts;
  readonly emit: (event: ProgressEvent) => void;
  /** Whether a start is waiting for the machines; it fails when waiting is hopeless. */
  readonly isStarting: () => boolean;
  /** Whether this process leads the cluster: only the leader creates and destroys machines. */
  readonly mayAct: () => Promise<boolean>;
}

/** Shared by the groups of a cluster. */
export interface Shared extends FleetOptions {
  readonly nodes: NodeTable;
  /** Runs a call with a time-out; a call that ignores its signal is abandoned. */
  readonly call: <T>(what: string, signal: AbortSignal, verb: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  readonly destroyMachines: (machines: readonly Machine[], signal: AbortSignal) => Promise<void>;
  /** When lists are requested. */
  readonly cadence: Cadence;
}
