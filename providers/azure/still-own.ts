import { isWhose } from "../../src/cluster/tags.ts";
import type { LatelyOwn } from "../../src/vm/lately-own.ts";
import type { AzureApi } from "./client.ts";
import { machineNamed, type Place } from "./machines.ts";
import { schedulerName } from "./names.ts";

interface Doomed extends Place {
  readonly ids: readonly string[];
  readonly lately: LatelyOwn;
}

/**
 * Of machines that are to be deleted, those that are this cluster's still. A scheduler's machine is named for its cluster: where it was
 * removed from elsewhere, another cluster of the name may have one that is called the same. Azure gives workers names of its own.
 */
export async function stillOwn(
  api: AzureApi,
  { resourceGroup, identity, ids, lately }: Doomed,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const name = schedulerName(identity.name);
  if (!ids.includes(name) || lately.has(name)) return ids;
  const vm = await machineNamed(api, resourceGroup, name, signal);
  // One that is not known yet may be there all the same.
  return vm === undefined || isWhose(identity, vm.tags) ? ids : ids.filter((id) => id !== name);
}
