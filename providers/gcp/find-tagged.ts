import type { TaggedResource } from "../../src/cluster/machine.ts";
import { taggedMachine, taggedResource } from "../../src/cluster/tags.ts";
import type { ComputeApi } from "./client.ts";
import { findStrayDisks } from "./disks.ts";
import { findRules } from "./firewall.ts";
import { listInstances, machineOf } from "./machines.ts";
import { labelFilter } from "./tags.ts";

/** Everything that clusters have made and that still exists, of one cluster or of all. */
export async function findTaggedThings(
  api: ComputeApi,
  {
    clusterName,
    networkProject,
    zones,
  }: {
    readonly clusterName: string | undefined;
    readonly networkProject: string;
    readonly zones: readonly string[];
  },
  signal: AbortSignal,
): Promise<readonly TaggedResource[]> {
  const [instances, rules, disks] = await Promise.all([
    listInstances(api, { filter: labelFilter(clusterName), zones }, signal),
    findRules(api, networkProject, clusterName, signal),
    findStrayDisks(api, clusterName, signal),
  ]);
  return [
    ...instances.map((instance) => taggedMachine("instance", machineOf(instance), instance.labels ?? {})),
    ...rules.map(({ name, tags }) => taggedResource("firewall rule", name, tags)),
    ...disks.map(({ id, labels }) => taggedResource("disk", id, labels)),
  ];
}
