import type { TaggedResource } from "../../../src/provider/machine.ts";
import { taggedMachine, taggedResource, isWhose, type Whose } from "../../../src/provider/tags.ts";
import type { Ec2Api } from "../api/client.ts";
import { isAws } from "../errors/ec2-error.ts";
import { listInstances, machineOf } from "../machines/machines.ts";
import { findGroups } from "../network/firewall.ts";
import { tagsFrom, tagFilters } from "./tags.ts";

/** All resources of clusters that still exist, of one name or of all. */
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
    ...instances.map((instance) => {
      const { LaunchTime: createdAt, InstanceType: instanceType } = instance;
      return taggedMachine("instance", { ...machineOf(instance), createdAt, instanceType }, tagsFrom(instance.Tags));
    }),
    ...groups.map(({ id, tags }) => taggedResource("security group", id, tags)),
    ...volumes.map(({ id, tags }) => taggedResource("volume", id, tags)),
  ];
}

/** Disks that no machine has: of one cluster, or of all. A machine's own goes with it. */
export async function findStrayVolumes(
  api: Ec2Api,
  whose: Whose,
  signal: AbortSignal,
): Promise<readonly { readonly id: string; readonly tags: Readonly<Record<string, string>> }[]> {
  const Filters = [...tagFilters(whose), { Name: "status", Values: ["available", "error"] }];
  const pages = await api.pages("DescribeVolumes", signal, (ec2, page, options) =>
    ec2.describeVolumes({ Filters, MaxResults: 500, ...page }, options),
  );
  return pages
    .flatMap(({ Volumes = [] }) => Volumes)
    .map(({ VolumeId: id = "", Tags }) => ({ id, tags: tagsFrom(Tags) }))
    .filter(({ tags }) => isWhose(whose, tags));
}

/** Removes a disk; one that is already gone is a success. */
export async function removeVolume(api: Ec2Api, id: string, signal: AbortSignal): Promise<void> {
  try {
    await api.call("DeleteVolume", signal, (ec2, options) => ec2.deleteVolume({ VolumeId: id }, options));
  } catch (error) {
    if (!isAws(error, "InvalidVolume.NotFound")) throw error;
  }
}
