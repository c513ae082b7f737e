import { messageOf } from "../../errors.ts";
import { emitWarning } from "../../process/standard-streams.ts";
import type { CompleteProvider } from "../../provider/complete-provider.ts";
import { type ListedRecord, listRecords, predecessorOf, stateOf } from "../record.ts";

type Remover = Pick<CompleteProvider, "capabilities" | "removeAbandoned">;

/**
 * Removes the processes and files of abandoned clusters, where machines end with their process. A failure gives a warning and does not
 * stop the new cluster: the next start tries again.
 */
export async function removeAbandoned(providerName: string, provider: Remover, signal: AbortSignal): Promise<void> {
  if (provider.capabilities.endsWithProcess !== true) return;
  const { records, refused } = await listRecords(providerName);
  for (const { message } of refused) emitWarning(message);
  const abandoned = records.filter(({ leader }) => leader === undefined);
  const removed = await Promise.allSettled(abandoned.map((record) => remove(record, provider, signal)));
  for (const each of removed) if (each.status === "rejected") emitWarning(messageOf(each.reason));
}

/** Only the process that gets the lease removes. */
async function remove(record: ListedRecord, provider: Remover, signal: AbortSignal): Promise<void> {
  const state = stateOf(record.name);
  const lease = await state.takeLead(predecessorOf(record));
  if (lease === undefined) return;
  try {
    const isGone = await provider.removeAbandoned({ name: record.name, ids: [record.id] }, signal);
    if (isGone) await state.remove();
  } finally {
    await lease.release();
  }
}
