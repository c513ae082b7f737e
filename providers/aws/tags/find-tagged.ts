import type { TaggedResource } from "../../../src/provider/machine.ts";
import { taggedMachine, taggedResource } from "../../../src/provider/tags.ts";
import type { Ec2Api } from "../api/client.ts";
import { findStrayVolumes } from "../machines/disks.ts";
import { listInstances, machineOf } from "../machines/machines.ts";
import { findGroups } from "../network/firewall.ts";
import { tagsFrom } from "./tags.ts";

/** Everything that clusters have made and that still exists, of one name or of all. */
export async function findTaggedThings(
  api: Ec2Api,
  clusterName: string | undefined,
  signal: AbortSignal,
): Promise<readonly TaggedResource[]> {
  const whose = clusterName === undefined ? undefined : { name: clusterName };
  const [instances, groups, volumes] = await Promise.all([
    listInstances(api, whose, signal),
    findGroups(api, whose, signal),
    findStrayVolumes(api, whose, signal),
  ]);
  return [
    ...instances.map((instance) =>
      taggedMachine("instance", { ...machineOf(instance), createdAt: instance.LaunchTime }, tagsFrom(instance.Tags)),
    ),
    ...groups.map(({ id, tags }) => taggedResource("security group", id, tags)),
    ...volumes.map(({ id, tags }) => taggedResource("volume", id, tags)),
  ];
}
