import type { TaggedResource } from "../../../src/provider/machine.ts";
import { timeOf, taggedMachine, taggedResource } from "../../../src/provider/tags.ts";
import type { DropletApi } from "../api/client.ts";
import { listDroplets, machineOf } from "../machines/machines.ts";
import { findFirewalls } from "../network/firewall.ts";
import { findTags } from "./tag-objects.ts";
import { tagsFrom } from "./tags.ts";

/** All resources of clusters that still exist, of one name or of all. */
export async function findTaggedThings(
  api: DropletApi,
  clusterName: string | undefined,
  signal: AbortSignal,
): Promise<readonly TaggedResource[]> {
  const whose = clusterName === undefined ? undefined : { name: clusterName };
  const [droplets, firewalls, tags] = await Promise.all([
    listDroplets(api, whose, signal),
    findFirewalls(api, whose, signal),
    findTags(api, whose, signal),
  ]);
  return [
    ...droplets.map((droplet) => {
      const createdAt = timeOf(droplet.created_at);
      const machine = { ...machineOf(droplet), createdAt, instanceType: droplet.size_slug };
      return taggedMachine("droplet", machine, tagsFrom(droplet.tags));
    }),
    ...firewalls.map(({ id, tags: said }) => taggedResource("firewall", id, said)),
    ...tags.map(({ name, tags: said }) => taggedResource("tag", name, said)),
  ];
}
