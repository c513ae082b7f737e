import { seconds } from "../deadline.ts";
import { endsInWords, endsOf } from "../ends.ts";
import type { ClusterManager, ClusterSummary, ProgressEvent } from "../index.ts";
import { DEFAULT_GROUP } from "../provider/worker-group.ts";
import { printableName } from "../text/printable.ts";
import { complain } from "./output.ts";

/** Reports a cluster's progress on standard error. */
export function report(cluster: ClusterManager): void {
  cluster.onProgress((event) => {
    const line = lineOf(event);
    if (line !== undefined) complain(`${cluster.name}: ${line}`);
  });
}

function lineOf(event: ProgressEvent): string | undefined {
  switch (event.type) {
    case "state":
      return event.state;
    case "phase-finished":
      return `${event.phase}: ${seconds(event.durationMs)}`;
    case "machine":
      if (event.change !== "lost") return undefined;
      return `machine ${printableName(event.id)}${ofGroup(event)} lost: ${event.reason ?? ""}`;
    case "notice":
      // It counts as lost from the notice on, and what is not done in time is a warning.
      return event.change === "moved" || event.change === "withdrawn" ? event.message : undefined;
    case "target":
      return `target${ofGroup(event)}: ${event.workers} ${event.workers === 1 ? "worker" : "workers"}`;
    case "ends":
      return event.message;
    case "warning":
      return `warning: ${event.message}`;
    case "trouble":
      return event.change === "ended" ? `back to normal: ${event.message}` : undefined;
    case "phase-started":
  }
  return undefined;
}

/** The default group is not mentioned. */
function ofGroup({ group }: { readonly group: string }): string {
  return group === DEFAULT_GROUP ? "" : ` of ${printableName(group)}`;
}

/** A line for each cluster: its name, resources, expiry, leading process and id. */
export function table(clusters: readonly ClusterSummary[]): string {
  return clusters
    .map((cluster) => {
      const { name, id, resources, poweredOff, createdAt, launcher } = cluster;
      const kinds = Map.groupBy(resources, ({ kind }) => kind);
      return [
        printableName(name),
        resources.length === 0
          ? "-"
          : [...kinds].map(([kind, { length }]) => `${length} × ${printableName(kind)}`).join(", "),
        poweredOff ? "powered off" : endOf(cluster),
        launcher === undefined ? leaderless(createdAt) : `process ${launcher.pid} on ${printableName(launcher.host)}`,
        id === undefined ? "no id" : `id ${printableName(id)}`,
      ].join("\t");
    })
    .join("\n");
}

/** Only a record has the time of creation. */
function leaderless(createdAt: Date | undefined): string {
  return createdAt === undefined ? "started elsewhere" : "nobody looks after it";
}

function endOf(cluster: ClusterSummary): string {
  const { expiresAt } = cluster;
  if (expiresAt !== undefined && expiresAt.getTime() <= Date.now()) return `expired at ${expiresAt.toISOString()}`;
  return endsInWords(endsOf(cluster, expiresAt)) ?? "no expiry";
}
