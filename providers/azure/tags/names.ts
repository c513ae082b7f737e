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
const HASH_DIGITS = 8;

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

/** What is alike of a scale set's machines. */
export interface SetKind {
  readonly zone: string | undefined;
  readonly capacityType: CapacityType;
  /** The place of the size among the group's: 0 for the preferred one. */
  readonly rank: number;
}

/**
 * Machines of one group, zone, capacity type and size are alike, and in one scale set: `lab-w2s-gpu` has spot machines in zone 2,
 * `lab-w-2` machines of the second size.
 */
export function scaleSetName(
  clusterName: string,
  { zone, capacityType, rank }: SetKind,
  group: string = DEFAULT_GROUP,
): string {
  const kind = `-w${zone ?? ""}${capacityType === "spot" ? "s" : ""}`;
  // The group comes last: a cluster `train` with a group `gpu` is not to meet a cluster `train-gpu`. It begins with a letter.
  const end = `${kind}${rank === 0 ? "" : `-${rank + 1}`}${group === DEFAULT_GROUP ? "" : `-${group}`}`;
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
  const hash = createHash("sha256").update(name).digest("hex").slice(0, Math.min(HASH_DIGITS, longest));
  const rest = name.slice(0, Math.max(0, longest - HASH_DIGITS - 1));
  return rest === "" ? hash : `${rest}-${hash}`;
}
