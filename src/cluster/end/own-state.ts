import type { ClusterIdentity } from "../../provider/identity.ts";
import { removeStateDirectory } from "../../state/state-directory.ts";
import { readRecord } from "../record.ts";

/** Removes a cluster's private directory, unless the name has come to another cluster meanwhile: its record and keys stay. */
export async function removeOwnState({ name, ids }: ClusterIdentity): Promise<void> {
  const record = await readRecord(name).catch(() => undefined);
  // One that cannot be read is nobody's any more.
  if (record === undefined || ids.includes(record.id)) await removeStateDirectory(name);
}
