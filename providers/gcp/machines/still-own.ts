import type { LatelyOwn } from "../../../src/cloud/machines/lately-own.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import { isWhose } from "../../../src/provider/tags.ts";
import type { ComputeApi } from "../api/client.ts";
import { placeOf, schedulerName } from "../names.ts";
import { instanceNamed } from "./machines.ts";

interface Doomed {
  readonly identity: ClusterIdentity;
  readonly ids: readonly string[];
  readonly lately: LatelyOwn;
}

/**
 * Of machines that are to be deleted, those that are this cluster's still. A scheduler's machine is named for its cluster: where it was
 * removed from elsewhere, another cluster of the name may have one that is called the same. Workers' names are random.
 */
export async function stillOwn(
  api: ComputeApi,
  { identity, ids, lately }: Doomed,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const looks = ids.map(async (id) => {
    const place = placeOf(id);
    if (place.name !== schedulerName(identity.name) || lately.has(id)) return [id];
    const instance = await instanceNamed(api, place, signal);
    // One that is not known yet may be there all the same.
    return instance === undefined || isWhose(identity, instance.labels ?? {}) ? [id] : [];
  });
  return (await Promise.all(looks)).flat();
}
