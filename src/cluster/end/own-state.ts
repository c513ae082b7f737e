import type { ClusterIdentity } from "../../provider/identity.ts";
import { removeStateDirectory } from "../../state/state-directory.ts";
import { readRecord } from "../record.ts";

/** Removes a cluster's private directory, unless another cluster has taken the name: its record and keys stay. */
export async function removeOwnState({ name, ids }: ClusterIdentity): Promise<void> {
  const record = await readRecord(name).catch(() => undefined);
  // An unreadable record belongs to no cluster.
  if (record === undefined || ids.includes(record.id)) await removeStateDirectory(name);
}
