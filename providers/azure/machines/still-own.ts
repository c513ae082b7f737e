import type { LatelyOwn } from "../../../src/cloud/machines/lately-own.ts";
import { isWhose } from "../../../src/provider/tags.ts";
import type { AzureApi } from "../api/client.ts";
import { schedulerName } from "../names.ts";
import { machineNamed, type Place } from "./machines.ts";

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
