import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { ComputeApi } from "../api/client.ts";
import type { AbandonedOperations } from "../machines/abandoned.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";
import { removeStrayDisks } from "../tags/find-tagged.ts";
import { removeRules } from "./firewall.ts";
import { projectOf } from "./network.ts";

interface ReleaseInput {
  readonly identity: ClusterIdentity;
  readonly options: ResolvedGcpOptions;
  readonly abandoned: AbandonedOperations;
}

/**
 * Removes what outlives a cluster's machines: the firewall rules and, where one has outlived its machine, a disk. They are
 * found by their labels and descriptions; a failure does not stop the others.
 *
 * @throws DaskFleetError while something may still be made by a call that was given up
 */
export async function release(
  api: ComputeApi,
  { identity, options, abandoned }: ReleaseInput,
  signal: AbortSignal,
): Promise<void> {
  // What it has made is seen afterwards; that it cannot be waited for keeps nothing from being removed.
  const [settled] = await Promise.allSettled([abandoned.settle(api, signal)]);
  const removed = await Promise.allSettled([
    options.createFirewall ? removeRules(api, projectOf(api, options), identity, signal) : undefined,
    removeStrayDisks(api, identity, signal),
  ]);
  throwRejected([settled, ...removed]);
}
