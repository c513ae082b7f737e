import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { OciApi } from "../api/client.ts";
import { findGroups, removeGroup } from "./firewall.ts";

/** The members' and the clients'. */
const GROUPS = 2;

interface ReleaseInput {
  readonly api: OciApi;
  readonly identity: ClusterIdentity;
  readonly recentGroups: RecentCreations;
}

/**
 * Removes what outlives a cluster's machines: its network security groups, found by their tags. A failure does not stop the other.
 *
 * @throws DaskFleetError while one is in use, or may still come into OCI's lists
 */
export async function release({ api, identity, recentGroups }: ReleaseInput, signal: AbortSignal): Promise<void> {
  const groups = await findGroups(api, identity, signal);
  const ids = [...new Set([...groups.map(({ id }) => id), ...recentGroups.ids])];
  throwRejected(await Promise.allSettled(ids.map((id) => removeGroup(api, id, recentGroups, signal))));
  if (ids.length < GROUPS && recentGroups.hasUnknown) throw groupMayCome();
}

function groupMayCome(): DaskFleetError {
  const message =
    "A call that creates a network security group got no answer. OCI may have created it, and does not list it yet.";
  return new DaskFleetError("PROVIDER_FAILED", message, { meaning: "transient" });
}
