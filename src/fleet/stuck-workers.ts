import { printableName } from "../text/printable.ts";
import type { LostNode, NodeView, PlanLimits } from "./plan.ts";

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
