import { printableLine } from "../../../text/printable.ts";
import type { ClusterPlan, PlannedNodes } from "../cluster-plan.ts";
import { lengthInWords } from "./words.ts";

/**
 * A plan in a sentence: `1 + 4 machines m7i-flex.large in us-east-1, 200 GiB, ends after 20 min without work, 5 min without a client
 * or 4 h`.
 */
export function planInBrief(plan: ClusterPlan): string {
  const { where } = plan;
  const parts = [
    `${machinesInBrief(plan)}${where === undefined ? "" : ` ${where}`}`,
    ...diskInBrief(plan),
    endsInBrief(plan),
  ];
  return printableLine(parts.join(", "));
}

function machinesInBrief({ machines }: ClusterPlan): string {
  const some = machines.filter(({ count }) => count > 0);
  const kinds = new Set(some.map(kindOf));
  const [kind = ""] = kinds;
  if (kinds.size > 1) return some.map((each) => [each.count, ...nameOf(each), kindOf(each)].join(" ")).join(" + ");
  const counts = some.map(({ count }) => count).join(" + ");
  const noun = counts === "1" ? "machine" : "machines";
  return [counts, noun, ...(kind === "" ? [] : [kind])].join(" ");
}

function kindOf({ types, markets }: PlannedNodes): string {
  const [type] = types;
  if (type === undefined) return "";
  return markets[0] === "spot" ? `${type} (spot)` : type;
}

/** The name of a group that has one. */
function nameOf({ group }: PlannedNodes): string[] {
  return group === undefined || group === "default" ? [] : [group];
}

function diskInBrief({ machines }: ClusterPlan): string[] {
  const some = machines.filter(({ count }) => count > 0);
  if (some.some(({ diskGiB }) => diskGiB === undefined)) return [];
  return [`${some.reduce((sum, { count, diskGiB = 0 }) => sum + count * diskGiB, 0)} GiB`];
}

function endsInBrief({ ends: { idleTimeoutMs = 0, noClientTimeoutMs = 0, maxLifetimeMs } }: ClusterPlan): string {
  const ends = [
    ...(idleTimeoutMs === 0 ? [] : [`${lengthInWords(idleTimeoutMs)} without work`]),
    ...(noClientTimeoutMs === 0 ? [] : [`${lengthInWords(noClientTimeoutMs)} without a client`]),
    ...(maxLifetimeMs === undefined ? [] : [lengthInWords(maxLifetimeMs)]),
  ];
  if (ends.length === 0) return "ends only when it is closed";
  return `ends after ${ends.length === 1 ? ends.join("") : `${ends.slice(0, -1).join(", ")} or ${ends.at(-1)}`}`;
}
