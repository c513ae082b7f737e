import type { SchedulerClient } from "../dask/scheduler-client.ts";
import type { NodeTable } from "./node-table.ts";
import type { NodeView } from "./plan.ts";

export interface RetireOptions {
  /** How many machines to retire. */
  readonly count: number;
  /** Free the machines even if Dask keeps a worker because no other can take its data. */
  readonly force: boolean;
  /** Keep workers that Dask does not offer. Since 2024 it never offers a worker with tasks declared long-running. */
  readonly onlyOffered: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** More workers than any cluster has: Dask tells its order of all of them, since it does not know the candidates. */
const ALL = 1_000_000;

/**
 * Retires machines of `nodes` in Dask's own order of workers, and moves their data first. Returns the machines of `nodes` that are free now. A worker that Dask does
 * not retire (no other can take its data) keeps its machine, unless `force`.
 */
export async function retireNodes(
  client: SchedulerClient,
  table: NodeTable,
  nodes: readonly NodeView[],
  { count, force, onlyOffered, timeoutMs, signal }: RetireOptions,
): Promise<readonly NodeView[]> {
  const offered = await client.workersToClose({ n: ALL }, { signal });
  const chosen = choose(
    nodes,
    offered.map((name) => table.machineOf(name)?.id),
    { count, onlyOffered },
  );
  return await retireWorkersOf(client, table, chosen, { force, timeoutMs, signal });
}

/** Retires the workers of these machines, moving their data. Returns the machines that are free now, or all with `force`. */
export async function retireWorkersOf(
  client: SchedulerClient,
  table: NodeTable,
  nodes: readonly NodeView[],
  { force, timeoutMs, signal }: Pick<RetireOptions, "force" | "timeoutMs" | "signal">,
): Promise<readonly NodeView[]> {
  const ids = new Set(nodes.map(({ machine }) => machine.id));
  const workers = await client.workers({ signal });
  const names = workers.map(({ name }) => name).filter((name) => ids.has(table.machineOf(name)?.id ?? ""));
  if (names.length > 0) await client.retireWorkers({ names }, { timeoutMs, signal });
  if (force) return nodes;
  const stillThere = new Set((await client.workers({ signal })).map(({ name }) => table.machineOf(name)?.id));
  return nodes.filter(({ machine }) => !stillThere.has(machine.id));
}

/**
 * Picks machines without workers first, then in Dask's order: idle ones, with the least data. A machine goes when its last worker does. One
 * with a worker that Dask does not offer comes last, incomplete ones first.
 */
function choose(
  nodes: readonly NodeView[],
  offered: readonly (string | undefined)[],
  { count, onlyOffered }: Pick<RetireOptions, "count" | "onlyOffered">,
): NodeView[] {
  const places = Map.groupBy(offered.entries(), ([, id]) => id);
  const rank = ({ machine, registered, joined }: NodeView): number => {
    const own = places.get(machine.id) ?? [];
    if (registered === 0) return -1;
    if (own.length < registered) return joined ? Infinity : Number.MAX_VALUE;
    return Math.max(...own.map(([place]) => place));
  };
  const candidates = onlyOffered ? nodes.filter((node) => rank(node) < Number.MAX_VALUE) : nodes;
  return candidates.toSorted((a, b) => compare(rank(a), rank(b))).slice(0, count);
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
