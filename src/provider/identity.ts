import { randomBytes } from "node:crypto";

import { CLUSTER_NAME } from "../state/cluster-name.ts";

/** Identifies a cluster's resources. Names are for people, and two clusters may share one; an id is unique. */
export interface ClusterIdentity {
  /** In the tags of its things. */
  readonly name: string;
  /**
   * The ids in the tags of its things; `undefined` stands for things of that name without an id, such as older versions have made.
   * A cluster has one; what is removed by name may be both.
   */
  readonly ids: readonly ClusterId[];
}

/** As the tags say it: 16 hexadecimal digits, or whatever somebody else has written there. */
export type ClusterId = string | undefined;

export function newClusterId(): string {
  return randomBytes(8).toString("hex");
}

export const CLUSTER_ID = /^[0-9a-f]{16}$/;

/**
 * Whether a cluster of dask-fleet can have that name and that id. Whoever may tag in the account can write others: they are shown, and
 * nothing more is done with them.
 */
export function isOurKind(name: string, id: ClusterId): boolean {
  return CLUSTER_NAME.test(name) && (id === undefined || CLUSTER_ID.test(id));
}
