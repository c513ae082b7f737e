import type { Machine } from "../provider/machine.ts";
import { printableName } from "../text/printable.ts";
import type { GaveUp } from "./consoles/gave-up.ts";

/** The observed state of one worker machine. */
export interface NodeView {
  readonly machine: Machine;
  /** Its workers that are registered with the scheduler, in any status. */
  readonly registered: number;
  /** All its workers are registered and take tasks. */
  readonly joined: boolean;
  /** At least one of its workers has been registered. */
  readonly everJoined: boolean;
  /** All its workers have been registered at once. */
  readonly wasComplete: boolean;
  /** How long it has had no registered worker, since its creation or since the last one left; 0 while one is registered. */
  readonly absentMs: number;
  /** How long some of its workers have been missing, since its creation or since it was last complete; 0 while complete. */
  readonly incompleteMs: number;
  /** How long none of its registered workers has taken tasks (paused, closing); undefined while one does. */
  readonly idleMs: number | undefined;
  /** Dask's status of a worker that takes no tasks, such as `paused`. */
  readonly status?: string | undefined;
  /** How long ago its first worker joined; undefined if none has. */
  readonly workedMs: number | undefined;
  /** How long it has been missing from the provider's lists; undefined while listed. */
  readonly unlistedMs: number | undefined;
  /** Its gave-up marker, if any. */
  readonly gaveUp?: GaveUp | undefined;
  /** Its spot notice, as a reason; undefined without one. */
  readonly notice?: string | undefined;
  /** Why it is not to be trusted any more; undefined while it is. */
  readonly suspect?: string | undefined;
}

export interface PlanLimits {
  /** A worker that has left the scheduler may come back for this long: its nanny restarts it. */
  readonly lostAfterMs: number;
  /** A new machine's workers must have joined by then. */
  readonly joinWithinMs: number;
  /** Registered workers that take no tasks may recover for this long. */
  readonly stuckAfterMs: number;
  readonly listLagMs: number;
}

export interface LostNode {
  readonly node: NodeView;
  readonly reason: string;
}

/** The actions that lead from the existing machines to the target. */
export interface Plan {
  /** Machines that have lost their workers or will never have any: deleted at once. */
  readonly lost: readonly LostNode[];
  /** Machines with workers that need replacement: the workers are retired first. */
  readonly renew: readonly LostNode[];
  /** Machines with a spot notice. They are replaced before they go, and deleted when their workers have left. */
  readonly leaving: readonly LostNode[];
  /** Surplus machines without workers: deleted without asking Dask. */
  readonly cancel: readonly NodeView[];
  /** How many working machines to retire; Dask picks them. */
  readonly retire: number;
  readonly create: number;
}

/** The policy of replacing, scaling up and scaling down, as a pure function. */
export function planFleet(nodes: readonly NodeView[], target: number, limits: PlanLimits): Plan {
  const lost: LostNode[] = [];
  const renew: LostNode[] = [];
  const leaving: LostNode[] = [];
  const alive: NodeView[] = [];
  for (const node of nodes) {
    const gone = whyLost(node, limits) ?? whyLeft(node, target);
    const worn = gone === undefined ? whyRenewed(node, limits) : undefined;
    if (gone !== undefined) lost.push({ node, reason: gone });
    else if (node.notice !== undefined) leaving.push({ node, reason: node.notice });
    else alive.push(node);
    if (worn !== undefined) renew.push({ node, reason: worn });
  }
  const surplus = Math.max(0, alive.length - target);
  const cancel = alive
    .filter(({ registered, everJoined }) => registered === 0 && !everJoined)
    .sort((a, b) => a.absentMs - b.absentMs)
    .slice(0, surplus);
  const retire = surplus - cancel.length;
  // Scaling down takes incomplete machines first.
  return { lost, leaving, renew: retire > 0 ? [] : renew, cancel, retire, create: Math.max(0, target - alive.length) };
}

function whyLost(
  { machine, registered, everJoined, absentMs, unlistedMs, gaveUp, suspect }: NodeView,
  limits: PlanLimits,
): string | undefined {
  if (machine.state === "ending") return "the machine is being deleted";
  if (machine.state === "stopped") return "the machine has stopped";
  if (unlistedMs !== undefined && unlistedMs >= limits.listLagMs) return "the provider no longer lists the machine";
  if (registered > 0) return undefined;
  if (suspect !== undefined) return suspect;
  if (gaveUp !== undefined) return `it gave up: ${gaveUp.reason}`;
  if (everJoined && absentMs > limits.lostAfterMs) return "its worker left the scheduler and did not come back";
  if (!everJoined && absentMs > limits.joinWithinMs) return "its worker did not join the scheduler in time";
  return undefined;
}

/** A machine with a notice is deleted when its workers have closed; at a target of 0 nobody can take its data. */
function whyLeft({ registered, everJoined, notice }: NodeView, target: number): string | undefined {
  return everJoined && (registered === 0 || target === 0) ? notice : undefined;
}

/** A machine with a worker has data and perhaps a running task: it leaves only through retirement. */
function whyRenewed(
  { registered, joined, wasComplete, incompleteMs, idleMs, suspect }: NodeView,
  { stuckAfterMs, joinWithinMs }: PlanLimits,
): string | undefined {
  if (registered === 0) return undefined;
  if (suspect !== undefined) return suspect;
  if (joined) return undefined;
  if (idleMs !== undefined) return idleMs > stuckAfterMs ? "its workers no longer take tasks" : undefined;
  return incompleteMs > (wasComplete ? stuckAfterMs : joinWithinMs) ? "some of its workers are missing" : undefined;
}

/** The message about registered workers that take no tasks, before their machines are replaced; undefined without any. */
export function stuckWorkers(
  nodes: readonly NodeView[],
  renew: readonly LostNode[],
  { lostAfterMs }: Pick<PlanLimits, "lostAfterMs">,
): string | undefined {
  const reasons = new Map(renew.map(({ node, reason }) => [node.machine.id, reason]));
  const stuck = nodes
    .filter(({ registered, joined, everJoined, incompleteMs }) => {
      const late = everJoined && incompleteMs > lostAfterMs;
      return registered > 0 && !joined && late;
    })
    .map(({ machine: { id }, status, registered }) => {
      const what = reasons.get(id) ?? (status === undefined ? "a worker is missing" : "a worker takes no tasks");
      const seen = [...(status === undefined ? [] : [printableName(status)]), `${registered} registered`].join(", ");
      return `worker machine ${printableName(id)}: ${what} (${seen})`;
    });
  if (stuck.length === 0) return undefined;
  return `Workers take no tasks: ${stuck.join(", ")}. Their machines are retired and replaced.`;
}
