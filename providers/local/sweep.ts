import { join } from "node:path";

import { type ListedRecord, listRecords, predecessorOf, stateOf } from "../../src/cluster/record.ts";
import { messageOf } from "../../src/errors.ts";
import { emitWarning } from "../../src/process/standard-streams.ts";
import { LocalMachine, MACHINES } from "./machines/local-machine.ts";

/**
 * Removes what local clusters have left whose process is gone: their machines, if any still run, and their files. What cannot
 * be removed is told, and is no reason against another cluster: the next start tries again.
 */
export async function sweepAbandoned(provider: string): Promise<void> {
  const { records, refused } = await listRecords(provider);
  for (const { message } of refused) emitWarning(message);
  const swept = await Promise.allSettled(records.filter(({ leader }) => leader === undefined).map(sweep));
  for (const each of swept) if (each.status === "rejected") emitWarning(messageOf(each.reason));
}

/** Of several processes that start at the same time, one sweeps. */
async function sweep(record: ListedRecord): Promise<void> {
  const state = stateOf(record.name);
  const lease = await state.takeLead(predecessorOf(record));
  if (lease === undefined) return;
  try {
    const directory = join(state.directory, MACHINES);
    const machines = (await state.entries(MACHINES)).map((id) => new LocalMachine(directory, id));
    // Each tells itself what is wrong with its file.
    const refusals = await Promise.all(machines.map((machine) => machine.refusal()));
    if (refusals.some((refusal) => refusal !== undefined)) return;
    await Promise.all(machines.map((machine) => machine.destroy()));
    await state.remove();
  } finally {
    await lease.release();
  }
}
