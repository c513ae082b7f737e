import type { ClusterManager } from "../../src/cluster/cluster-manager.ts";
import { DEFAULT_GROUP, type GroupSizes } from "../../src/provider/worker-group.ts";
import type { Behaviour, ClusterOptions } from "./provider-under-test.ts";
import { twoGroups } from "./two-groups.ts";

/** A cluster's life up to its end: with what it starts, what it is scaled to, and the most machines of each group on the way. */
export interface Life {
  readonly options: ClusterOptions;
  readonly scales: readonly (number | GroupSizes)[];
  readonly most: GroupSizes;
}

const COMMON: ClusterOptions = { security: false, listLagMs: 300 };

/** The same number of machines at every step. */
const LIVES = {
  "one group": {
    options: { ...COMMON, nWorkers: 2 },
    scales: [3, 1],
    most: { [DEFAULT_GROUP]: 3 },
  },
  "two groups": {
    options: { ...COMMON, ...twoGroups({ cpu: 1, gpu: 1 }) },
    scales: [{ gpu: 2 }, { cpu: 0, gpu: 1 }],
    most: { cpu: 1, gpu: 2 },
  },
} satisfies Record<string, Life>;

export type LifeName = keyof typeof LIVES;

export const LIFE_NAMES = Object.keys(LIVES) as readonly LifeName[];

/** What was made by a call that failed is not in any list for as long as a close without patience would take. */
export const LIFE_BEHAVIOUR: Behaviour = { listLagMs: 100_000 };

export function lifeNamed(name: LifeName): Life {
  return LIVES[name];
}

export function stepsOf(cluster: ClusterManager, { scales }: Life): readonly (() => Promise<unknown>)[] {
  return [() => cluster.start(), ...scales.map((sizes) => () => cluster.scale(sizes))];
}
