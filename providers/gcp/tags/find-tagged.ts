import { randomUUID } from "node:crypto";

import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { TaggedResource } from "../../../src/provider/machine.ts";
import { timeOf, taggedMachine, taggedResource, isWhose, type Whose } from "../../../src/provider/tags.ts";
import type { ComputeApi } from "../api/client.ts";
import { lastPart } from "../api/links.ts";
import { ended, operationOf, throwIfFailed } from "../api/operations.ts";
import { isNotFound } from "../errors/gcp-error.ts";
import { listInstancesOf, machineOf } from "../machines/machines.ts";
import { findRules } from "../network/firewall.ts";
import { machineId, placeOf } from "./names.ts";
import { type Labels, labelFilter } from "./tags.ts";

/** All resources of clusters that still exist, of one name or of all. */
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
      const type = lastPart(instance.machineType);
      const machine = { ...machineOf(instance), createdAt, instanceType: type === "" ? undefined : type };
      return taggedMachine("instance", machine, instance.labels ?? {});
    }),
    ...rules.map(({ name, tags }) => taggedResource("firewall rule", name, tags)),
    ...disks.map(({ id, labels }) => taggedResource("disk", id, labels)),
  ];
}

/** Disks of one cluster, of all of a name, or of all, that no machine uses: each goes with its machine, unless something went wrong. */
async function findStrayDisks(
  api: ComputeApi,
  whose: Whose,
  signal: AbortSignal,
): Promise<readonly { readonly id: string; readonly labels: Labels }[]> {
  const { project } = api;
  const filter = labelFilter(whose);
  const scopes = await api.list("disks", "aggregatedList", signal, (client, options) =>
    client.aggregatedListAsync({ project, filter }, options),
  );
  return scopes
    .flatMap(([, { disks }]) => disks ?? [])
    .filter(({ users }) => (users ?? []).length === 0)
    .map(({ zone, name, labels }) => ({ id: machineId(lastPart(zone), name ?? ""), labels: labels ?? {} }))
    .filter(({ labels }) => isWhose(whose, labels));
}

/** Removes the cluster's disks that no machine uses. */
export async function removeStrayDisks(api: ComputeApi, identity: ClusterIdentity, signal: AbortSignal): Promise<void> {
  const disks = await findStrayDisks(api, identity, signal);
  throwRejected(await Promise.allSettled(disks.map(({ id }) => removeDisk(api, id, signal))));
}

/** Removes a disk; one that is already gone is a success. */
async function removeDisk(api: ComputeApi, id: string, signal: AbortSignal): Promise<void> {
  const { project } = api;
  const { zone, name: disk } = placeOf(id);
  const requestId = randomUUID();
  try {
    const begun = await api.call("disks", "delete", signal, (client, options) =>
      client.delete({ project, zone, disk, requestId }, options),
    );
    throwIfFailed(api, "disks.delete", await ended(api, operationOf(begun), { project, zone }, signal));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
