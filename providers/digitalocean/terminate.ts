import type { AcceptedDeletions } from "../../src/vm/accepted-deletions.ts";
import { throwRejected } from "../../src/vm/combined-error.ts";
import { mapLimited } from "../../src/vm/in-batches.ts";
import type { DropletApi } from "./client.ts";
import { isNotFound } from "./errors.ts";

const CALLS_AT_ONCE = 10;

interface Doomed {
  readonly ids: readonly string[];
  /** A tag that no other droplets have than these; undefined where there are others. */
  readonly tag: string | undefined;
  readonly accepted: AcceptedDeletions;
}

/**
 * Deletes droplets: all of a cluster by their tag, some of them one by one. Those that are gone already are a success; one that
 * fails does not keep the others.
 *
 * @throws DaskFleetError for those that may be there still
 */
export async function terminate(api: DropletApi, { ids, tag, accepted }: Doomed, signal: AbortSignal): Promise<void> {
  // The tag comes a moment after the droplet: one without it would be passed over, and is deleted by its id the next time.
  if (tag !== undefined && ids.length > 1) {
    await unlessGone(
      api.call("DELETE /v2/droplets", signal, async ({ sdk }) => await sdk.droplets.deleteDropletsByTag(tag)),
    );
    for (const id of ids) accepted.add(id);
    return;
  }
  const results = await mapLimited(ids, CALLS_AT_ONCE, async (id) => {
    await unlessGone(
      api.call("DELETE /v2/droplets/{id}", signal, async ({ sdk }) => await sdk.droplets.deleteDroplet(Number(id))),
    );
    accepted.add(id);
  });
  throwRejected(results);
}

async function unlessGone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
