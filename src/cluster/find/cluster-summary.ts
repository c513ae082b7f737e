import { type MachineState, type Resource, type TaggedResource, isAlive } from "../../provider/machine.ts";
import type { MachineRole } from "../../provider/role.ts";
import { timeOf } from "../../provider/tags.ts";
import { DEFAULT_GROUP, type GroupSizes, groupOf } from "../../provider/worker-group.ts";
import type { NO_ENDS } from "../ends.ts";
import type { ListedRecord } from "../record.ts";

/**
 * A listed cluster in a word:
 *
 * - `starting`: a launcher is making it; its scheduler's machine does not run yet.
 * - `running`: its scheduler's machine runs. A local cluster: its launcher lives.
 * - `unattended`: it runs, but no process on this computer looks after it: lost workers are not replaced.
 * - `closing`: its launcher is removing it.
 * - `expired`: its lifetime is over; `sweep()` removes it.
 * - `powered-off`: all its machines are off but exist; `sweep()` removes it.
 * - `left-over`: no machine runs; other resources or a record remain. `remove()` removes them.
 */
export type ListedState = "starting" | "running" | "unattended" | "closing" | "expired" | "powered-off" | "left-over";

/** A machine in the cloud's list. */
export interface ListedMachine {
  /** The provider's identifier. */
  readonly id: string;
  /** Its role in its tags. */
  readonly role: MachineRole | undefined;
  /** A worker's group; undefined for the scheduler. */
  readonly group: string | undefined;
  /** Its state by the cloud. */
  readonly state: MachineState | undefined;
  /** The cloud's name of its size; undefined where the list does not tell. */
  readonly instanceType: string | undefined;
  /** When it was created, by the cloud's clock. */
  readonly createdAt: Date | undefined;
}

/** A cluster with a record on this computer, or that its provider found by its tags. */
export interface ClusterSummary {
  /** The name that `attach()` and `remove()` take. */
  readonly name: string;
  /** Unique among clusters of that name; undefined for a cluster of an older version. Anyone who may tag can have written it. */
  readonly id: string | undefined;
  /** The provider's section in Dask's configuration, such as `ec2`. */
  readonly provider: string;
  /** The cluster in a word. */
  readonly state: ListedState;
  /** Whether a record on this computer describes it: only then can `attach()` find it. */
  readonly recorded: boolean;
  /** Its resources: machines, firewalls … Empty for local clusters. */
  readonly resources: readonly Resource[];
  /** The machines among its resources. Empty for local clusters. */
  readonly machines: readonly ListedMachine[];
  /** Worker machines wished for, by group. Undefined without a record on this computer. */
  readonly targets: GroupSizes | undefined;
  /** Whether all its machines have powered off but still exist. Most clouds charge for them; `sweep()` removes the cluster. */
  readonly poweredOff: boolean;
  /** When it expires (`maxLifetimeMs`); `sweep()` removes it then. */
  readonly expiresAt: Date | undefined;
  /** It ends after this time without work, in milliseconds. Undefined: never, or without a record on this computer. */
  readonly idleTimeoutMs: number | undefined;
  /** It ends after this time without a client, in milliseconds. Undefined: never, or without a record on this computer. */
  readonly noClientTimeoutMs: number | undefined;
  /** By its record, or else when the oldest of its machines was created. Undefined where neither tells. */
  readonly createdAt: Date | undefined;
  /** The process that holds its lease. Undefined without one, and without a record on this computer. */
  readonly launcher:
    | {
        /** Its process number on that computer. */
        readonly pid: number;
        /** The computer's host name. */
        readonly host: string;
      }
    | undefined;
}

/** What is known of a cluster by its tags and its record. */
export interface Known {
  readonly name: string;
  readonly id: string | undefined;
  readonly provider: string;
  readonly things: readonly TaggedResource[];
  readonly record: ListedRecord | undefined;
}

export function summaryOf(known: Known): ClusterSummary {
  const { name, id, provider, things, record } = known;
  const poweredOff = havePoweredOff(things);
  const expiresAt = lastOf(things) ?? timeOf(record?.expiresAt);
  const machines = things.filter(isMachine);
  return {
    name,
    id,
    provider,
    state: stateOf(known, { poweredOff, expiresAt }),
    recorded: record !== undefined,
    resources: things.map(({ kind, id: thing }) => ({ kind, id: thing })),
    machines: machines.map(({ id: machine, role, group, state, instanceType, createdAt }) => ({
      id: machine,
      role,
      group: role === undefined ? undefined : groupOf({ role, group: group ?? DEFAULT_GROUP }),
      state,
      instanceType,
      createdAt,
    })),
    targets: record?.targets,
    poweredOff,
    expiresAt,
    idleTimeoutMs: timeoutIn(record, "idleTimeoutMs"),
    noClientTimeoutMs: timeoutIn(record, "noClientTimeoutMs"),
    createdAt: timeOf(record?.createdAt) ?? firstOf(machines),
    launcher: record?.leader,
  };
}

function stateOf(
  { things, record }: Known,
  { poweredOff, expiresAt }: Pick<ClusterSummary, "poweredOff" | "expiresAt">,
): ListedState {
  if (expiresAt !== undefined && expiresAt.getTime() <= Date.now()) return "expired";
  if (poweredOff) return "powered-off";
  const isLed = record?.leader !== undefined;
  // A local cluster has no place and no tagged resources: it ends with its launcher.
  if (things.length === 0 && record?.place === undefined) return isLed ? "running" : "left-over";
  const alive = things.filter(({ state }) => state !== undefined && isAlive({ state }));
  if (alive.length === 0) {
    if (!isLed) return "left-over";
    return things.some(({ state }) => state === "ending") ? "closing" : "starting";
  }
  if (record !== undefined && !isLed) return "unattended";
  return alive.some(({ role, state }) => role === "scheduler" && state === "running") ? "running" : "starting";
}

/** Of resources only machines have a state. */
function isMachine({ role, state, stopped }: TaggedResource): boolean {
  return role !== undefined || state !== undefined || stopped !== undefined;
}

/** A record of an older version, and one of a cluster without time-outs, has none. */
function timeoutIn(record: ListedRecord | undefined, name: keyof typeof NO_ENDS): number | undefined {
  const value = record?.options[name];
  return typeof value === "number" && value > 0 ? value : undefined;
}

/** A cluster expires with its last resource. */
function lastOf(resources: readonly TaggedResource[]): Date | undefined {
  const times = resources.map(({ expiresAt }) => expiresAt?.getTime()).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

function firstOf(machines: readonly TaggedResource[]): Date | undefined {
  const times = machines.map(({ createdAt }) => createdAt?.getTime()).filter((time) => time !== undefined);
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

/** Dask has ended on every machine. Most clouds charge for stopped machines until they are deleted. */
function havePoweredOff(resources: readonly TaggedResource[]): boolean {
  const machines = resources.filter(({ stopped }) => stopped !== undefined);
  return machines.length > 0 && machines.every(({ stopped }) => stopped === true);
}
