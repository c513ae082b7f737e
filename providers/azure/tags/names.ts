import { createHash } from "node:crypto";

import type { CapacityType } from "../../../src/cloud/machines/placement.ts";
import type { ClusterId, ClusterIdentity } from "../../../src/provider/identity.ts";
import { DEFAULT_GROUP } from "../../../src/provider/worker-group.ts";

const PREFIX = "dask-fleet";
/** Azure adds six characters of its own to it. */
const LONGEST_HOST_PREFIX = 15;
/** A member's name is its set's and nine characters more, and has 44 at the most. */
const LONGEST_SET = 35;

/** A virtual network's name has 64 characters at the most. */
const ID_DIGITS = 8;

/** A cluster; older versions gave it no id. */
export interface Named {
  readonly name: string;
  readonly id: ClusterId;
}

/** Each cluster that an identity stands for. */
export function namedBy({ name, ids }: ClusterIdentity): readonly Named[] {
  return ids.map((id) => ({ name, id }));
}

export function schedulerName(clusterName: string): string {
  return `${clusterName}-scheduler`;
}

/** Machines of one group, one zone and one capacity type are alike, and in one scale set. */
export function scaleSetName(
  clusterName: string,
  { zone, capacityType }: { readonly zone: string | undefined; readonly capacityType: CapacityType },
  group: string = DEFAULT_GROUP,
): string {
  // The group comes last: a cluster `train` with a group `gpu` is not to meet a cluster `train-gpu`.
  const end = `-w${zone ?? ""}${capacityType === "spot" ? "s" : ""}${group === DEFAULT_GROUP ? "" : `-${group}`}`;
  return `${shortened(clusterName, LONGEST_SET - end.length)}${end}`;
}

/** What the host names of workers begin with; they are the names of their Dask nodes. */
export function workerHostPrefix(clusterName: string): string {
  return `${clusterName.slice(0, LONGEST_HOST_PREFIX - 2).replace(/-+$/, "")}-w`;
}

/**
 * Of the cluster's own network: the virtual network and the network security group. The id is in it because an Azure PUT
 * adopts an existing resource: two clusters of one name would share theirs.
 */
export function networkName({ name, id }: Named): string {
  return [PREFIX, name, ...(id === undefined ? [] : [id.slice(0, ID_DIGITS)])].join("-");
}

/** Application security groups, which the rules of the network security group name. */
export type Group = "members" | "scheduler";
export const GROUPS: readonly Group[] = ["members", "scheduler"];

export function groupName(cluster: Named, group: Group): string {
  return `${networkName(cluster)}-${group}`;
}

/** Names that begin alike stay apart. */
function shortened(name: string, longest: number): string {
  if (name.length <= longest) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return `${name.slice(0, longest - 9)}-${hash}`;
}
