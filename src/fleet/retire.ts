import type { SchedulerClient } from "../dask/scheduler-client.ts";
import type { NodeTable } from "./node-table.ts";
import type { NodeView } from "./plan.ts";

export interface RetireOptions {
  /** How many machines to retire. */
  readonly count: number;
  /** Workers on other machines: Dask may offer them first, since it does not know the candidates. */
  readonly others: number;
  /** Free the machines even if Dask keeps a worker because no other can take its data. */
  readonly force: boolean;
  /** Keep workers that Dask does not offer. Since 2024 it never offers a worker with tasks declared long-running. */
  readonly onlyOffered: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Dask picks the workers to retire and moves their data first. Returns the machines of `nodes` that are free now. A worker that Dask does
 * not retire (no other can take its data) keeps its machine, unless `force`.
 */
export async function retireNodes(
  client: SchedulerClient,
  table: NodeTable,
  nodes: readonly NodeView[],
  { count, others, force, onlyOffered, timeoutMs, signal }: RetireOptions,
): Promise<readonly NodeView[]> {
  const processes = nodes.reduce((most, { registered }) => Math.max(most, registered), 1);
  const offered = await client.workersToClose({ n: count * processes + others }, { signal });
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

/** Picks machines without workers first, then those that Dask offers most often, incomplete ones first. */
function choose(
  nodes: readonly NodeView[],
  offered: readonly (string | undefined)[],
  { count, onlyOffered }: Pick<RetireOptions, "count" | "onlyOffered">,
): NodeView[] {
  const votes = Map.groupBy(offered, (id) => id);
  const votesFor = ({ machine, registered }: NodeView): number =>
    registered === 0 ? Infinity : (votes.get(machine.id)?.length ?? 0);
  const rank = (node: NodeView): number => votesFor(node) + (node.joined ? 0 : 0.5);
  const candidates = onlyOffered ? nodes.filter((node) => votesFor(node) > 0) : nodes;
  return candidates.toSorted((a, b) => compare(rank(b), rank(a))).slice(0, count);
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
