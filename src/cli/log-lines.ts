import type { ClusterLogs, LogEntry } from "../index.ts";
import { printable, printableName } from "../text/printable.ts";

/** A line of a node's log. */
export interface LogLine {
  /** `scheduler`, or the worker's Dask name. */
  readonly node: string;
  readonly entry: LogEntry;
}

/** The lines of all nodes, oldest first. */
export function logLines({ scheduler, workers }: ClusterLogs): readonly LogLine[] {
  const lines = [["scheduler", scheduler] as const, ...Object.entries(workers)].flatMap(([node, entries]) =>
    entries.map((entry) => ({ node, entry })),
  );
  return lines.sort((a, b) => a.entry.time.getTime() - b.entry.time.getTime());
}

/** Most of Dask's releases begin a line with its time. */
const DATED = /^\d{4}-\d{2}-\d{2} /;

/** A line for a terminal: node, time, message. */
export function shownLine({ node, entry }: LogLine): string {
  const message = printable(entry.message).replaceAll("\n", "\n    ");
  return `${printableName(node)}: ${DATED.test(message) ? "" : `${entry.time.toISOString()} - `}${message}`;
}

/** Which lines of a node's log are new since the last time. Nodes keep the newest lines only. */
export class NewLines {
  readonly #last = new Map<string, { readonly time: number; readonly messages: readonly string[] }>();

  of(lines: readonly LogLine[]): readonly LogLine[] {
    const fresh = lines.filter((line) => this.#isNew(line));
    for (const [node, ofNode] of Map.groupBy(lines, (line) => line.node)) {
      const time = Math.max(...ofNode.map(({ entry }) => entry.time.getTime()));
      const messages = ofNode.filter(({ entry }) => entry.time.getTime() === time).map(({ entry }) => entry.message);
      this.#last.set(node, { time, messages });
    }
    return fresh;
  }

  /** Lines with the same time differ by their text. */
  #isNew({ node, entry }: LogLine): boolean {
    const last = this.#last.get(node);
    const time = entry.time.getTime();
    return last === undefined || time > last.time || (time === last.time && !last.messages.includes(entry.message));
  }
}
