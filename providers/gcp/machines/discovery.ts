import type { Reach } from "../../../src/cloud/network/address-family.ts";
import type { ClusterNetwork } from "../../../src/cloud/network/ingress.ts";
import type { ComputeApi } from "../api/client.ts";
import { findNetwork, type Network, rangesOf, reachOf } from "../network/network.ts";
import { allZones, type GcpKind } from "../options/kinds.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";
import { discoverKinds, type KindDiscovery } from "./kinds.ts";

/** What exists before the cluster: all that its machines are asked for with. */
export interface Discovery {
  readonly network: Network;
  /** How clients can reach a scheduler in it. */
  readonly reach: Reach;
  /** By `kindKey`. */
  readonly kinds: ReadonlyMap<string, KindDiscovery>;
}

/**
 * Looks everything up at the same time and creates nothing: a mistake in the options leaves nothing behind.
 *
 * @param kinds whose machines will be created
 * @param known the network, where an earlier look has found it
 */
export async function discover(
  api: ComputeApi,
  {
    options,
    kinds,
    known,
  }: { readonly options: ResolvedGcpOptions; readonly kinds: readonly GcpKind[]; readonly known?: Network | undefined },
  signal: AbortSignal,
): Promise<Discovery> {
  const wishes = { ...options, zones: allZones(options) };
  const [network, found] = await Promise.all([
    known ?? findNetwork(api, wishes, signal),
    discoverKinds(api, kinds, signal),
  ]);
  return { network, reach: reachOf(network, options), kinds: found };
}

/** What is known of the network, once it is found. */
export function networkOf(
  api: ComputeApi,
  found: Promise<Discovery>,
  options: ResolvedGcpOptions,
  signal: AbortSignal,
): () => Promise<ClusterNetwork> {
  return async () => {
    const { network, reach } = await found;
    return { reach, ranges: async () => await rangesOf(api, network, allZones(options), signal) };
  };
}
