import { randomBytes } from "node:crypto";

import { CLUSTER_NAME } from "../state/cluster-name.ts";

/** Identifies a cluster's resources. Names are for people, and two clusters may share one; an id is unique. */
export interface ClusterIdentity {
  /** In the tags of its resources. */
  readonly name: string;
  /**
   * The ids in the tags of its resources; `undefined` stands for resources of that name without an id, of older versions. A cluster has
   * one; a removal by name may cover both.
   */
  readonly ids: readonly ClusterId[];
}

/** An id from tags: 16 hexadecimal digits, or any text that someone else wrote. */
export type ClusterId = string | undefined;

export function newClusterId(): string {
  return randomBytes(8).toString("hex");
}

export const CLUSTER_ID = /^[0-9a-f]{16}$/;

/**
 * Whether a name and an id have dask-fleet's form. Anyone who may tag in the account can write others: they are shown and otherwise
 * ignored.
 */
export function isOurKind(name: string, id: ClusterId): boolean {
  return CLUSTER_NAME.test(name) && (id === undefined || CLUSTER_ID.test(id));
}
