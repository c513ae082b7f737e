import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { Ec2Api } from "../api/client.ts";
import { findStrayVolumes, removeVolume } from "../tags/find-tagged.ts";
import { findGroups, removeGroup } from "./firewall.ts";

/** The members' and the clients'. */
const GROUPS = 2;

interface ReleaseInput {
  readonly api: Ec2Api;
  readonly identity: ClusterIdentity;
  readonly recentGroups: RecentCreations;
}

/**
 * Removes what outlives a cluster's machines: the security groups and, where one has outlived its machine, a disk. They are
 * found by their tags; a failure does not stop the other.
 *
 * @throws DaskFleetError while something is in use, or may still come into EC2's lists
 */
export async function release({ api, identity, recentGroups }: ReleaseInput, signal: AbortSignal): Promise<void> {
  await each(
    [
      async () => {
        const groups = await findGroups(api, identity, signal);
        const ids = [...new Set([...groups.map(({ id }) => id), ...recentGroups.ids])];
        await each(ids, (id) => removeGroup(api, id, recentGroups, signal));
        if (ids.length < GROUPS && recentGroups.hasUnknown) throw groupMayCome();
      },
      async () => await each(await findStrayVolumes(api, identity, signal), ({ id }) => removeVolume(api, id, signal)),
    ],
    (work) => work(),
  );
}

async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(items.map(work));
  throwRejected(results);
}

function groupMayCome(): DaskFleetError {
  const message = "A call that makes a security group got no answer. EC2 may have made it, and does not list it yet.";
  return new DaskFleetError("PROVIDER_FAILED", message, { meaning: "transient" });
}
