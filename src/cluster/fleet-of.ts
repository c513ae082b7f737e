import { Consoles } from "../fleet/consoles/consoles.ts";
import type { FleetOptions } from "../fleet/fleet-options.ts";
import { Fleet } from "../fleet/fleet.ts";
import { UnknownWorkers } from "../fleet/unknown-workers.ts";
import { WorkersBeside } from "../fleet/workers-beside.ts";
import type { ClusterProvider } from "../provider/complete-provider.ts";
import type { CreatedMachines, Machine } from "../provider/machine.ts";
import type { ClusterSpec } from "./cluster-spec.ts";

interface FleetOfInput extends Pick<
  FleetOptions,
  "scheduler" | "membership" | "troubles" | "restarts" | "emit" | "isStarting" | "mayAct"
> {
  readonly spec: ClusterSpec;
  readonly verbs: ClusterProvider;
  readonly schedulerMachine: Machine;
  /** Creates machines of a group. */
  readonly create: (group: string, count: number, signal: AbortSignal) => Promise<CreatedMachines>;
}

/** A registered worker that takes no tasks may recover for this multiple of `lostWorkerTimeoutMs`. */
const STUCK_FACTOR = 20;

/** The fleet of a cluster spec: its groups and its time-outs. */
export function fleetOf({ spec, verbs, schedulerMachine, create, ...rest }: FleetOfInput): Fleet {
  const { clusterName } = spec;
  const { startTimeoutMs, scaleTimeoutMs, lostWorkerTimeoutMs } = spec.options;
  const { pollIntervalMs, listLagMs, nodeNameFrom } = spec.capabilities;
  const { troubles, emit } = rest;
  return new Fleet({
    ...rest,
    provider: verbs,
    groups: spec.groups.map((group) => ({
      ...group,
      processes: spec.processesOf(group),
      create: (count, signal) => create(group.name, count, signal),
    })),
    limits: {
      lostAfterMs: lostWorkerTimeoutMs,
      joinWithinMs: startTimeoutMs,
      stuckAfterMs: STUCK_FACTOR * lostWorkerTimeoutMs,
      listLagMs,
    },
    pollIntervalMs,
    retireTimeoutMs: scaleTimeoutMs ?? startTimeoutMs,
    callTimeoutMs: scaleTimeoutMs ?? startTimeoutMs,
    // The workers have their own: the scheduler's console does not wait for its turn among a hundred others.
    consoles: new Consoles({ clusterName, provider: verbs, emit }),
    beside: spec.options.singleNode
      ? new WorkersBeside({
          machine: schedulerMachine,
          processes: spec.processesOf(undefined),
          consoles: new Consoles({ clusterName, provider: verbs, part: "workers" }),
          troubles,
          lostAfterMs: lostWorkerTimeoutMs,
        })
      : undefined,
    unknown: new UnknownWorkers({ clusterName, nodeNameFrom, graceMs: listLagMs + 2 * pollIntervalMs, troubles, emit }),
  });
}
