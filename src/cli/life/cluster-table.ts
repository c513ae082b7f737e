import { endsInWords, endsOf } from "../../ends.ts";
import type { ClusterSummary } from "../../index.ts";
import { DEFAULT_GROUP } from "../../provider/worker-group.ts";
import { printableName } from "../../text/printable.ts";
import { inWords } from "../terminal/age.ts";
import { type Column, table } from "../terminal/table.ts";
import { styleOf } from "./status-text.ts";

const COLUMNS: readonly Column<ClusterSummary>[] = [
  { title: "NAME", text: ({ name }) => printableName(name) },
  { title: "PROVIDER", text: ({ provider }) => printableName(provider) },
  { title: "STATE", text: ({ state }) => state, style: ({ state }) => styleOf(state) },
  {
    title: "AGE",
    text: ({ createdAt }) => (createdAt === undefined ? "-" : inWords(Date.now() - createdAt.getTime())),
  },
  { title: "WORKERS", text: workersOf, align: "right" },
  { title: "TYPES", text: typesOf, shrink: true },
  { title: "ENDS", text: endOf, shrink: true },
  { title: "LAUNCHER", text: launcherOf, shrink: true },
  { title: "ID", text: ({ id }) => (id === undefined ? "-" : printableName(id)) },
];

/** Clusters under a header: what they are, where they are from, and when they end. */
export function clusterTable(clusters: readonly ClusterSummary[], columns?: number): string {
  return table(COLUMNS, clusters, { columns });
}

/** Machines that run or boot, and how many are wished for where a record tells. A local cluster's list tells no machines. */
function workersOf({ machines, targets }: ClusterSummary): string {
  const alive = machines.filter(({ role, state }) => role === "worker" && (state === "running" || state === "pending"));
  const groups = Object.keys(targets ?? {});
  if (groups.some((name) => name !== DEFAULT_GROUP)) {
    const there = (name: string): number => alive.filter(({ group = DEFAULT_GROUP }) => group === name).length;
    return groups
      .map((name) => `${printableName(name)} ${machines.length === 0 ? "" : `${there(name)}/`}${targets?.[name] ?? 0}`)
      .join(", ");
  }
  const target = targets === undefined ? undefined : Object.values(targets).reduce((sum, each) => sum + each, 0);
  if (target === undefined) return String(alive.length);
  return machines.length === 0 ? `${target}` : `${alive.length}/${target}`;
}

/** `2 × m7i.large`, or what else it consists of. */
function typesOf({ machines, resources }: ClusterSummary): string {
  const types = machines.map(({ instanceType }) => instanceType).filter((type) => type !== undefined);
  const kinds = types.length === 0 ? resources.map(({ kind }) => kind) : types;
  if (kinds.length === 0) return "-";
  return [...Map.groupBy(kinds, (kind) => kind)]
    .map(([kind, { length }]) => `${length} × ${printableName(kind)}`)
    .join(", ");
}

function endOf(cluster: ClusterSummary): string {
  const { expiresAt, state } = cluster;
  if (state === "expired" && expiresAt !== undefined) return `expired at ${expiresAt.toISOString()}`;
  return endsInWords(endsOf(cluster, expiresAt))?.replace(/^ends /u, "") ?? "-";
}

function launcherOf({ launcher, recorded }: ClusterSummary): string {
  if (launcher !== undefined) return `process ${launcher.pid} on ${printableName(launcher.host)}`;
  return recorded ? "nobody" : "started elsewhere";
}
