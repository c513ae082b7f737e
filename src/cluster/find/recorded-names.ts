import * as z from "zod";

import { stateStore } from "../../state/file-store.ts";
import { parseRecord, stateOf } from "../record.ts";

/**
 * The provider of a cluster by its name alone, such as `ec2`: a record that names it is enough, also one of a newer version.
 *
 * @returns undefined without a record on this computer
 * @throws DaskFleetError `CLUSTER_NOT_FOUND` for a damaged record; `STATE_UNTRUSTED` when other users can change it
 */
export async function providerOfRecord(name: string): Promise<string | undefined> {
  const state = stateOf(name);
  const found = await state.readRecord();
  if (found === undefined) return undefined;
  const parsed = z.looseObject({ provider: z.string() }).safeParse(found);
  return parsed.success ? parsed.data.provider : parseRecord(found, state).provider;
}

/** The names that have a directory here, sorted. Entries that are not this user's alone are left out. */
export async function recordedNames(): Promise<readonly string[]> {
  return (await stateStore().names()).names.toSorted();
}
