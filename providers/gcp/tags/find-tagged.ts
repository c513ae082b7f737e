import type { TaggedResource } from "../../../src/provider/machine.ts";
import { timeOf, taggedMachine, taggedResource } from "../../../src/provider/tags.ts";
import type { ComputeApi } from "../api/client.ts";
import { findStrayDisks } from "../machines/disks.ts";
import { listInstancesOf, machineOf } from "../machines/machines.ts";
import { findRules } from "../network/firewall.ts";

/** Everything that clusters have made and that still exists, of one name or of all. */
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
  const whose = clusterName === undefined ? undefined : { name: clusterName };
  const [instances, rules, disks] = await Promise.all([
    listInstancesOf(api, { whose, zones }, signal),
    findRules(api, networkProject, whose, signal),
    findStrayDisks(api, whose, signal),
  ]);
  return [
    ...instances.map((instance) => {
      const createdAt = timeOf(instance.creationTimestamp);
      return taggedMachine("instance", { ...machineOf(instance), createdAt }, instance.labels ?? {});
    }),
    ...rules.map(({ name, tags }) => taggedResource("firewall rule", name, tags)),
    ...disks.map(({ id, labels }) => taggedResource("disk", id, labels)),
  ];
}
