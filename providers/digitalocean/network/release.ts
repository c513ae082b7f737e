import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { DropletApi } from "../api/client.ts";
import { findTags, removeTags } from "../tags/tag-objects.ts";
import { findFirewalls, type RecentNetwork, removeFirewall } from "./firewall.ts";

interface ReleaseInput {
  readonly identity: ClusterIdentity;
  readonly recent: RecentNetwork;
}

/**
 * Removes what outlives a cluster's droplets: first its firewalls, then the tags for which these hold. They are found by their
 * names.
 *
 * @throws DaskFleetError while something may still come into DigitalOcean's lists
 */
export async function release(api: DropletApi, { identity, recent }: ReleaseInput, signal: AbortSignal): Promise<void> {
  const found = (await findFirewalls(api, identity, signal)).map(({ id }) => id);
  const firewalls = [...new Set([...found, ...recent.members.ids, ...recent.clients.ids])];
  throwRejected(await Promise.allSettled(firewalls.map((id) => removeFirewall(api, id, recent, signal))));
  const tags = (await findTags(api, identity, signal)).map(({ name }) => name);
  await removeTags(api, [...new Set([...tags, ...recent.tags.ids])], recent.tags, signal);
  if (Object.values(recent).some(({ hasUnknown }) => hasUnknown)) throw moreMayCome();
}

function moreMayCome(): DaskFleetError {
  const message =
    "A create call for a firewall or a tag got no answer. It may have succeeded, and DigitalOcean does not list the resource yet.";
  return new DaskFleetError("PROVIDER_FAILED", message);
}
