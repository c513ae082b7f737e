import type { AdaptingGroup, OtherWorkers } from "./policy.ts";

/**
 * The machines of each group for Dask's adaptive target, which is one number of workers for the whole cluster: all that a scheduler
 * without the agent can tell. Groups keep what they have as far as the number reaches, the first as written above all; then they grow
 * in that order.
 */
export function splitTarget(
  workers: number,
  groups: readonly AdaptingGroup[],
  others: readonly OtherWorkers[],
): Readonly<Record<string, number>> {
  const machines = new Map<AdaptingGroup, number>();
  let left = others.reduce((rest, each) => rest - each.workers, workers);
  for (const mostOf of [({ size, target }: AdaptingGroup) => Math.max(size, target), roomOf]) {
    for (const group of groups) {
      const { workersPerMachine = 1, minimum } = group;
      const before = machines.get(group) ?? 0;
      const most = Math.min(roomOf(group), Math.max(minimum, mostOf(group)));
      const after = Math.max(
        minimum,
        before,
        Math.min(most, before + Math.ceil(Math.max(0, left) / workersPerMachine)),
      );
      left -= (after - before) * workersPerMachine;
      machines.set(group, after);
    }
  }
  return Object.fromEntries([...machines].map(([{ name }, number]) => [name, number]));
}

/** The first machine shows how many workers one has; until then one is enough. */
function roomOf({ minimum, maximum, target, workersPerMachine }: AdaptingGroup): number {
  return workersPerMachine === undefined ? Math.min(maximum, Math.max(1, minimum, target)) : maximum;
}
