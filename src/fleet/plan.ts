import type { Machine } from "../provider/machine.ts";
import type { GaveUp } from "./consoles/gave-up.ts";

/** What is known of one worker machine at a moment. */
export interface NodeView {
  readonly machine: Machine;
  /** Its workers that are registered with the scheduler, whatever they do. */
  readonly registered: number;
  /** All its workers are registered and work. */
  readonly joined: boolean;
  /** At least one of its workers has been registered. */
  readonly everJoined: boolean;
  /** It has had all its workers at a time. */
  readonly wasComplete: boolean;
  /** How long no worker of it has been registered: since it was made, or since the last one left; 0 while one is. */
  readonly absentMs: number;
  /** How long it has been without some of its workers, since it was made or was last complete; 0 while it is complete. */
  readonly incompleteMs: number;
  /** How long none of its registered workers has worked (paused, closing); undefined while one does. */
  readonly idleMs: number | undefined;
  /** What a registered worker does that does not work, in Dask's word, such as `paused`. */
  readonly status?: string | undefined;
  /** How long ago its first worker joined; undefined where none has. */
  readonly workedMs: number | undefined;
  /** How long the provider's lists have lacked it; undefined while they show it. */
  readonly unlistedMs: number | undefined;
  /** What it has said of giving up. */
  readonly gaveUp?: GaveUp | undefined;
}

export interface PlanLimits {
  /** A worker that has left the scheduler may come back for this long: its nanny restarts it. */
  readonly lostAfterMs: number;
  /** A new machine's workers must have joined by then. */
  readonly joinWithinMs: number;
  /** Workers that are registered but do not work may recover for this long. */
  readonly stuckAfterMs: number;
  readonly listLagMs: number;
}

export interface LostNode {
  readonly node: NodeView;
  readonly reason: string;
}

/** What to do to come from the machines there are to the number that is wanted. */
export interface Plan {
  /** Machines without a worker, and without hope for one: they are deleted at once. */
  readonly lost: readonly LostNode[];
  /** Machines that have workers and are to be replaced all the same: their workers are retired first. */
  readonly renew: readonly LostNode[];
  /** Machines without a worker that are too many: they can go without asking Dask. */
  readonly cancel: readonly NodeView[];
  /** How many of the machines that do work must be retired; Dask says which. */
  readonly retire: number;
  readonly create: number;
}

/** Pure: the whole policy of replacing, scaling up and scaling down, without an effect. */
export function planFleet(nodes: readonly NodeView[], target: number, limits: PlanLimits): Plan {
  const lost: LostNode[] = [];
  const renew: LostNode[] = [];
  const alive: NodeView[] = [];
  for (const node of nodes) {
    const gone = whyLost(node, limits);
    const worn = gone === undefined ? whyRenewed(node, limits) : undefined;
    if (gone !== undefined) lost.push({ node, reason: gone });
    else alive.push(node);
    if (worn !== undefined) renew.push({ node, reason: worn });
  }
  const surplus = Math.max(0, alive.length - target);
  const cancel = alive
    .filter(({ registered, everJoined }) => registered === 0 && !everJoined)
    .sort((a, b) => a.absentMs - b.absentMs)
    .slice(0, surplus);
  const retire = surplus - cancel.length;
  // What is scaled down takes those that are incomplete first.
  return { lost, renew: retire > 0 ? [] : renew, cancel, retire, create: Math.max(0, target - alive.length) };
}

function whyLost(
  { machine, registered, everJoined, absentMs, unlistedMs, gaveUp }: NodeView,
  limits: PlanLimits,
): string | undefined {
  if (machine.state === "ending") return "the machine is being deleted";
  if (machine.state === "stopped") return "the machine has stopped";
  if (unlistedMs !== undefined && unlistedMs >= limits.listLagMs)
    return "the provider does not list the machine any more";
  if (registered > 0) return undefined;
  if (gaveUp !== undefined) return `it gave up: ${gaveUp.reason}`;
  if (everJoined && absentMs > limits.lostAfterMs) return "its worker left the scheduler and did not come back";
  if (!everJoined && absentMs > limits.joinWithinMs) return "its worker did not join the scheduler in time";
  return undefined;
}

/** A machine that has a worker has data and perhaps a running task: it leaves only through retirement. */
function whyRenewed(
  { registered, joined, wasComplete, incompleteMs, idleMs }: NodeView,
  { stuckAfterMs, joinWithinMs }: PlanLimits,
): string | undefined {
  if (registered === 0 || joined) return undefined;
  if (idleMs !== undefined) return idleMs > stuckAfterMs ? "its workers do not take tasks any more" : undefined;
  return incompleteMs > (wasComplete ? stuckAfterMs : joinWithinMs) ? "some of its workers are missing" : undefined;
}
