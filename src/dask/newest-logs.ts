import type { Field } from "./fields.ts";

/** The arguments of `get_logs` (distributed/node.py). */
interface LogArguments {
  readonly timestamps: true;
  readonly n?: number | undefined;
}

/** Asks all nodes, or only the named ones, for their logs. */
type AskForLogs = (args: LogArguments, nodes?: readonly string[]) => Promise<[node: string, log: Field][]>;

/**
 * The newest `n` entries of each node's log, oldest first.
 *
 * Dask before 2023.1.1 answers oldest first, with the `n` OLDEST entries; since then both are newest first. Timestamps show the order, so
 * no version is needed: nodes whose `n` entries may be the oldest are asked again, for all.
 */
export async function newestLogs(n: number | undefined, ask: AskForLogs): Promise<Map<string, LogEntry[]>> {
  const logs = new Map<string, LogEntry[]>();
  // A single entry does not show the order.
  const count = n === undefined ? undefined : Math.max(n, 2);
  const again: string[] = [];
  for (const [node, answer] of await ask({ timestamps: true, n: count })) {
    const log = parseLog(answer);
    if (count !== undefined && log.length >= count && !isNewestFirst(log)) again.push(node);
    else logs.set(node, newest(log, n));
  }
  if (again.length > 0) {
    for (const [node, answer] of await ask({ timestamps: true }, again)) logs.set(node, newest(parseLog(answer), n));
  }
  return logs;
}

function newest(log: readonly LogEntry[], n: number | undefined): LogEntry[] {
  const ordered = (isNewestFirst(log) ? log.toReversed() : [...log]).sort((a, b) => timeOf(a) - timeOf(b));
  return n === undefined ? ordered : ordered.slice(Math.max(0, ordered.length - n));
}

function isNewestFirst(log: readonly LogEntry[]): boolean {
  return timeOf(log[0]) > timeOf(log.at(-1));
}

function timeOf(entry: LogEntry | undefined): number {
  return entry?.time.getTime() ?? 0;
}

/** One line of a node's log (`ServerNode.get_logs`, distributed/node.py). */
export interface LogEntry {
  /** When it was written, by the node's clock. */
  readonly time: Date;
  /** `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`. */
  readonly level: string;
  /** The line as the node's log handler formats it: `distributed.worker - INFO - …`. */
  readonly message: string;
}

/** @throws DaskFleetError `PROTOCOL_VIOLATION` when a field is missing or of another type. */
export function parseLog(log: Field): LogEntry[] {
  return log.list().map((entry) => {
    const [time, level, message] = entry.triple();
    return { time: time.date(), level: level.text(), message: message.text() };
  });
}
