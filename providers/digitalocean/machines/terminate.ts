import { mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { throwRejected } from "../../../src/cloud/errors/combined-error.ts";
import type { AcceptedDeletions } from "../../../src/cloud/machines/accepted-deletions.ts";
import type { DropletApi } from "../api/client.ts";
import { DropletError, isNotFound } from "../errors/droplet-error.ts";

const CALLS_AT_ONCE = 10;

interface Doomed {
  /** Those that the last list has shown, and so has their tags. */
  readonly listed: readonly string[];
  readonly unlisted: readonly string[];
  /** A tag that no other droplets have than these; undefined where there are others. */
  readonly tag: string | undefined;
  readonly accepted: AcceptedDeletions;
}

/**
 * Deletes droplets: all of a cluster by their tag in one call, some of them one by one. Where the call by tag is refused, because one
 * droplet is busy, or had no effect, they are deleted one by one, too. Those that are gone already are a success; one that fails does
 * not keep the others.
 *
 * @throws DaskFleetError for those that may be there still
 */
export async function terminate(
  api: DropletApi,
  { listed, unlisted, tag, accepted }: Doomed,
  signal: AbortSignal,
): Promise<void> {
  const isFirst = !listed.some((id) => accepted.has(id));
  const byTag = tag !== undefined && listed.length > 1 && isFirst && (await deletedByTag(api, tag, signal));
  if (byTag) for (const id of listed) accepted.add(id);
  // The tag comes a moment after the droplet: one without it is passed over.
  const ids = byTag ? unlisted : [...listed, ...unlisted];
  const results = await mapLimited(ids, CALLS_AT_ONCE, async (id) => {
    await unlessGone(
      api.call("DELETE /v2/droplets/{id}", signal, async ({ sdk }) => await sdk.droplets.deleteDroplet(Number(id))),
    );
    accepted.add(id);
  });
  throwRejected(results);
}

/** Whether DigitalOcean has accepted it; an error that no other call would mend is thrown. */
async function deletedByTag(api: DropletApi, tag: string, signal: AbortSignal): Promise<boolean> {
  try {
    await api.call("DELETE /v2/droplets", signal, async ({ sdk }) => await sdk.droplets.deleteDropletsByTag(tag));
    return true;
  } catch (error) {
    const isBusy = error instanceof DropletError && error.refused && error.meaning === "transient";
    if (isBusy || isNotFound(error)) return false;
    throw error;
  }
}

async function unlessGone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
