import type { Farewell } from "./farewell.ts";
import type { Machine } from "./machine.ts";

/** What is known of one worker machine at a moment. */
export interface NodeView {
  readonly machine: Machine;
  /** All its workers are registered with the scheduler. */
  readonly joined: boolean;
  readonly everJoined: boolean;
  /** How long its workers have been missing: since it was made, or since they were last seen. */
  readonly absentMs: number;
  /** How long the provider's lists have lacked it; undefined while they show it. */
  readonly unlistedMs: number | undefined;
  /** What it has said of giving up. */
  readonly farewell?: Farewell | undefined;
}

export interface PlanLimits {
  /** A worker that has left the scheduler may come back for this long: its nanny restarts it. */
  readonly lostAfterMs: number;
  /** A new machine's workers must have joined by then. */
  readonly joinWithinMs: number;
  readonly listLagMs: number;
}

export interface LostNode {
  readonly node: NodeView;
  readonly reason: string;
}

/** What to do to come from the machines there are to the number that is wanted. */
export interface Plan {
  readonly lost: readonly LostNode[];
  /** Machines whose workers never joined: they can go without asking Dask. */
  readonly cancel: readonly NodeView[];
  /** How many of the machines that do work must be retired; Dask says which. */
  readonly retire: number;
  readonly create: number;
}

/** Pure: the whole policy of replacing, scaling up and scaling down, without an effect. */
export function planFleet(nodes: readonly NodeView[], target: number, limits: PlanLimits): Plan {
  const lost: LostNode[] = [];
  const alive: NodeView[] = [];
  for (const node of nodes) {
    const reason = whyLost(node, limits);
    if (reason === undefined) alive.push(node);
    else lost.push({ node, reason });
  }
  const surplus = Math.max(0, alive.length - target);
  const cancel = alive
    .filter((node) => !node.everJoined)
    .sort((a, b) => a.absentMs - b.absentMs)
    .slice(0, surplus);
  return { lost, cancel, retire: surplus - cancel.length, create: Math.max(0, target - alive.length) };
}

function whyLost(
  { machine, joined, everJoined, absentMs, unlistedMs, farewell }: NodeView,
  limits: PlanLimits,
): string | undefined {
  if (machine.state === "ending") return "the machine is being deleted";
  if (machine.state === "stopped") return "the machine has stopped";
  if (unlistedMs !== undefined && unlistedMs >= limits.listLagMs)
    return "the provider does not list the machine any more";
  if (joined) return undefined;
  if (farewell !== undefined) return `it gave up: ${farewell.reason}`;
  if (everJoined && absentMs > limits.lostAfterMs) return "its worker left the scheduler and did not come back";
  if (!everJoined && absentMs > limits.joinWithinMs) return "its worker did not join the scheduler in time";
  return undefined;
}
