import { randomUUID } from "node:crypto";

import { mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { KnownEnds } from "../../../src/cloud/machines/known-ends.ts";
import type { ComputeApi } from "../api/client.ts";
import { isNotFound } from "../errors/gcp-error.ts";
import { placeOf } from "../tags/names.ts";

/** Compute Engine has no bulk delete. */
const CALLS_AT_ONCE = 20;

/**
 * Deletes machines, one by one. Those that are already gone are a success. A failure does not stop the others.
 *
 * @throws DaskFleetError for those that may still exist
 */
export async function terminate(
  api: ComputeApi,
  ids: readonly string[],
  { ends, signal }: { readonly ends: KnownEnds; readonly signal: AbortSignal },
): Promise<void> {
  const { project } = api;
  const results = await mapLimited(ids, CALLS_AT_ONCE, async (id) => {
    const { zone, name: instance } = placeOf(id);
    // Not derived from the machine: with the same one, Compute Engine would answer with a deletion that has failed before.
    const requestId = randomUUID();
    try {
      await api.call("instances", "delete", signal, (client, options) =>
        client.delete({ project, zone, instance, requestId }, options),
      );
      ends.deleted(id);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  });
  throwRejected(results);
}
