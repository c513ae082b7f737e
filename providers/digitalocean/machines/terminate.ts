import { mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { KnownEnds } from "../../../src/cloud/machines/known-ends.ts";
import type { Droplet } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";
import { DropletError, isNotFound } from "../errors/droplet-error.ts";
import { dropletWithId } from "./machines.ts";

const CALLS_AT_ONCE = 10;
const LOOKS_AT_ONCE = 5;

interface Doomed {
  /** Those that the last list has shown, and so has their tags. */
  readonly listed: readonly string[];
  readonly unlisted: readonly string[];
  /** A tag that no other droplets have than these; undefined where there are others. */
  readonly tag: string | undefined;
  readonly ends: KnownEnds;
}

/**
 * Deletes droplets: all of a cluster by their tag in one call, some of them one by one. Where the call by tag is refused, because one
 * droplet is busy, or had no effect, they are deleted one by one, too. Those that are already gone are a success. A failure does not
 * stop the others.
 *
 * @throws DaskFleetError for those that may still exist
 */
export async function terminate(
  api: DropletApi,
  { listed, unlisted, tag, ends }: Doomed,
  signal: AbortSignal,
): Promise<void> {
  const isFirst = !listed.some((id) => ends.wasDeleted(id));
  const byTag = tag !== undefined && listed.length > 1 && isFirst && (await deletedByTag(api, tag, signal));
  if (byTag) for (const id of listed) ends.deleted(id);
  // The tag comes a moment after the droplet: one without it is passed over.
  const ids = byTag ? unlisted : [...listed, ...unlisted];
  const results = await mapLimited(ids, CALLS_AT_ONCE, async (id) => {
    await unlessGone(
      api.call("DELETE /v2/droplets/{id}", signal, async ({ sdk }) => await sdk.droplets.deleteDroplet(Number(id))),
    );
    ends.deleted(id);
  });
  throwRejected(results);
}

/** Whether DigitalOcean accepted it; throws an error that no other call would avoid. */
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

/**
 * Droplets whose deletion was accepted before any list had shown them. A list that lacks them does not prove that they are gone: the
 * deletion may have had no effect. They are asked for one by one until they are gone or listed.
 */
export class DeletedUnlisted {
  readonly #ids = new Set<string>();

  add(ids: readonly string[]): void {
    for (const id of ids) this.#ids.add(id);
  }

  /** Those that still exist although the list lacks them. */
  async remaining(api: DropletApi, listed: readonly Droplet[], signal: AbortSignal): Promise<readonly Droplet[]> {
    for (const { id } of listed) this.#ids.delete(String(id));
    const results = await mapLimited([...this.#ids], LOOKS_AT_ONCE, async (id) => {
      const droplet = await dropletWithId(api, id, signal);
      if (droplet === undefined) this.#ids.delete(id);
      return droplet;
    });
    return results.flatMap((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value === undefined ? [] : [result.value];
    });
  }
}
