import type { TaggedResource } from "../../src/cluster/machine.ts";
import { taggedMachine, taggedResource } from "../../src/cluster/tags.ts";
import type { DropletApi } from "./client.ts";
import { findFirewalls } from "./firewall.ts";
import { listDroplets, machineOf } from "./machines.ts";
import { findTags } from "./tag-objects.ts";
import { tagsFrom } from "./tags.ts";

/** Everything that clusters have made and that still exists, of one cluster or of all. */
export async function findTaggedThings(
  api: DropletApi,
  clusterName: string | undefined,
  signal: AbortSignal,
): Promise<readonly TaggedResource[]> {
  const [droplets, firewalls, tags] = await Promise.all([
    listDroplets(api, clusterName, signal),
    findFirewalls(api, clusterName, signal),
    findTags(api, clusterName, signal),
  ]);
  return [
    ...droplets.map((droplet) => taggedMachine("droplet", machineOf(droplet), tagsFrom(droplet.tags))),
    ...firewalls.map(({ id, tags: said }) => taggedResource("firewall", id, said)),
    ...tags.map(({ name, clusterName: cluster }) => taggedResource("tag", name, { "cluster-name": cluster })),
  ];
}
