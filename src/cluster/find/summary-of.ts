import { type TaggedResource, isAlive } from "../../provider/machine.ts";
import { timeOf } from "../../provider/tags.ts";
import { DEFAULT_GROUP, groupOf } from "../../provider/worker-group.ts";
import type { NO_ENDS } from "../ends.ts";
import type { ListedRecord } from "../record.ts";
import type { ClusterSummary, ListedState } from "./cluster-summary.ts";

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
