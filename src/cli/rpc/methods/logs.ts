import { randomUUID } from "node:crypto";

import { DaskFleetError } from "../../../errors.ts";
import type { ClusterLogs } from "../../../index.ts";
import type { Method } from "../call.ts";
import type { LogLine } from "../handle.ts";
import { LIMITS } from "../limits.ts";

/** Of each node, unless `n` says otherwise. */
const DEFAULT_LINES = 1000;

export const logs: Method<"logs"> = async ({ cluster: key, n = DEFAULT_LINES, page }, { clusters, signal }) => {
  const { cluster, pages } = clusters.open(key);
  const rest = page === undefined ? undefined : pages.get(page);
  if (page !== undefined && rest === undefined) {
    throw new DaskFleetError("CONFIG_INVALID", "logs: this page was read, or a newer call has begun. Begin again.");
  }
  const entries = rest ?? entriesOf(await cluster.logs({ n, signal }));
  const length = lengthOfPage(entries);
  const next = length < entries.length ? randomUUID() : undefined;
  pages.clear();
  if (next !== undefined) pages.set(next, entries.slice(length));
  return { entries: entries.slice(0, length), next };
};

function entriesOf({ scheduler, workers }: ClusterLogs): readonly LogLine[] {
  const nodes = [["scheduler", scheduler] as const, ...Object.entries(workers)];
  return nodes.flatMap(([node, log]) => log.map((entry) => ({ node, ...entry })));
}

/** At least one entry, however long it is. */
function lengthOfPage(entries: readonly LogLine[]): number {
  let bytes = 0;
  const first = entries.findIndex(({ node, message }) => {
    bytes += Buffer.byteLength(node) + Buffer.byteLength(message);
    return bytes > LIMITS.pageBytes;
  });
  return first === -1 ? entries.length : Math.max(1, first);
}
