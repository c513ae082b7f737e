import { endsInWords, endsOf } from "../ends.ts";
import type { ClusterSummary } from "../index.ts";
import { printableName } from "../text/printable.ts";

/** A line for each cluster: its name, resources, expiry, leading process and id. */
export function clusterTable(clusters: readonly ClusterSummary[]): string {
  return clusters
    .map((cluster) => {
      const { name, id, resources, poweredOff, recorded, launcher } = cluster;
      const kinds = Map.groupBy(resources, ({ kind }) => kind);
      return [
        printableName(name),
        resources.length === 0
          ? "-"
          : [...kinds].map(([kind, { length }]) => `${length} × ${printableName(kind)}`).join(", "),
        poweredOff ? "powered off" : endOf(cluster),
        launcher === undefined ? leaderless(recorded) : `process ${launcher.pid} on ${printableName(launcher.host)}`,
        id === undefined ? "no id" : `id ${printableName(id)}`,
      ].join("\t");
    })
    .join("\n");
}

function leaderless(recorded: boolean): string {
  return recorded ? "nobody looks after it" : "started elsewhere";
}

function endOf(cluster: ClusterSummary): string {
  const { expiresAt } = cluster;
  if (expiresAt !== undefined && expiresAt.getTime() <= Date.now()) return `expired at ${expiresAt.toISOString()}`;
  return endsInWords(endsOf(cluster, expiresAt)) ?? "no expiry";
}
