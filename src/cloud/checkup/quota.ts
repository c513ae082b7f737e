import type { Observation } from "../../provider/checkup.ts";
import { type GroupedOptions, groupsNamed } from "../../provider/worker-group.ts";
import { type MachineKind, kindsOf } from "../machines/kinds.ts";

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

type Sizes = Pick<GroupedOptions, "nWorkers" | "minWorkers" | "groups">;

/** Machines of one kind, and how many. */
export type CountedKind<Options extends object> = MachineKind<Options> & { readonly count: number };

/** The machines of the cluster that is looked at: of each group as many as it starts with, and one where that is none. */
export function countedKinds<Options extends Sizes>(options: Options): readonly CountedKind<Options>[] {
  return kindsOf(options, groupsNamed(options)).map((kind) => ({
    ...kind,
    count: kind.group === undefined ? 1 : Math.max(1, kind.group.size),
  }));
}

/** Worker machines of the cluster that is looked at. */
export function workersOf(options: Sizes): number {
  return countedKinds(options).reduce((sum, { group, count }) => sum + (group === undefined ? 0 : count), 0);
}
