import type { Observation } from "../../provider/checkup.ts";
import type { GroupedOptions } from "../../provider/worker-group.ts";

/** One limit of the account. */
export interface Limit {
  /** Its name on the cloud's pages. */
  readonly name: string;
  readonly used: number;
  readonly limit: number;
  /** What the cluster needs of it. */
  readonly needed: number;
}

/** Whether a cluster fits into all of them. */
export function roomIn(limits: readonly Limit[], raise: string): Observation {
  const tight = limits.filter(({ used, limit, needed }) => used + needed > limit);
  if (tight.length > 0) return { state: "bad", found: tight.map(inWords).join("; "), remedy: raise };
  return { state: "good", found: limits.map(inWords).join("; ") };
}

function inWords({ name, used, limit, needed }: Limit): string {
  return `${name}: ${used} of ${limit} used, ${needed} needed`;
}

/** Workers of the cluster that is looked at: as many as it starts with, and one where that is none. */
export function workersOf({ nWorkers, groups }: Pick<GroupedOptions, "nWorkers" | "groups">): number {
  const wanted = groups === undefined ? nWorkers : groups.reduce((sum, { size }) => sum + size, 0);
  return Math.max(1, wanted);
}
