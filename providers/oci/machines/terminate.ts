import { mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { KnownEnds } from "../../../src/cloud/machines/known-ends.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import type { OciApi } from "../api/client.ts";
import { isNotFound, isOci, notYetKnown } from "../errors/oci-error.ts";

const CALLS_AT_ONCE = 10;

interface Terminating {
  readonly ends: KnownEnds;
  readonly recent: RecentCreations;
}

/**
 * Terminates instances, each with its boot volume. Those that are already gone are a success. A failure does not stop the others.
 *
 * @throws DaskFleetError for those that may still exist
 */
export async function terminate(
  api: OciApi,
  ids: readonly string[],
  { ends, recent }: Terminating,
  signal: AbortSignal,
): Promise<void> {
  const results = await mapLimited(ids, CALLS_AT_ONCE, async (instanceId) => {
    try {
      await api.call("compute", "TerminateInstance", signal, (client) =>
        client.terminateInstance({ instanceId, preserveBootVolume: false }),
      );
    } catch (error) {
      if (isNotFound(error)) {
        if (recent.has(instanceId)) throw notYetKnown(`the instance ${instanceId}`);
      } else if (!isTerminating(error)) throw error;
    }
    recent.forget(instanceId);
    ends.deleted(instanceId);
  });
  throwRejected(results);
}

function isTerminating(error: unknown): boolean {
  return isOci(error, "IncorrectState", "Conflict") && /\bterminat(?:ed|ing)\b/i.test(error.message);
}
