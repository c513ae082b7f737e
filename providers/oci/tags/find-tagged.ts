import type { TaggedResource } from "../../../src/provider/machine.ts";
import { taggedMachine, taggedResource } from "../../../src/provider/tags.ts";
import type { OciApi } from "../api/client.ts";
import { isTerminated, listInstances, machineOf } from "../machines/machines.ts";
import { findGroups } from "../network/firewall.ts";

/**
 * All resources of clusters that still exist, of one name or of all. A boot volume has no tags of its own and is deleted with its
 * instance.
 */
export async function findTaggedThings(
  api: OciApi,
  clusterName: string | undefined,
  signal: AbortSignal,
): Promise<readonly TaggedResource[]> {
  const whose = clusterName === undefined ? undefined : { name: clusterName };
  const [instances, groups] = await Promise.all([listInstances(api, whose, signal), findGroups(api, whose, signal)]);
  return [
    ...instances
      .filter((instance) => !isTerminated(instance))
      .map((instance) => {
        const { shape: instanceType, freeformTags = {} } = instance;
        const createdAt = new Date(instance.timeCreated);
        return taggedMachine("instance", { ...machineOf(instance), createdAt, instanceType }, freeformTags);
      }),
    ...groups.map(({ id, tags }) => taggedResource("network security group", id, tags)),
  ];
}
