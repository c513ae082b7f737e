import type { ProgressEvent } from "../progress.ts";
import type { NodeTable } from "./node-table.ts";

/** Tells of the machines that run by now. */
export function tellBooted(nodes: NodeTable, emit: (event: ProgressEvent) => void): void {
  for (const { id, group } of nodes.takeBooted()) emit({ type: "machine", change: "booted", id, group });
}
