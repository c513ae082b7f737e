import type { ResolvedVmOptions } from "../cloud-options.ts";
import { type AddressFamily, type Reach, clientFamily, familyOf } from "./address-family.ts";
import { assertIpv6Way, launcherRangeFor } from "./launcher-reach.ts";

/** The network that machines will be in. */
export interface ClusterNetwork {
  readonly reach: Reach;
  /** The network's own addresses, asked for when there is no public address. */
  readonly ranges: () => Promise<readonly string[]>;
}

/** Who may reach the scheduler's port and the dashboard's gate. */
export interface Ingress {
  /** In CIDR notation. */
  readonly cidrs: readonly string[];
  /** By which kind of address they reach it. */
  readonly clients: AddressFamily;
}

interface IngressQuestion {
  readonly options: Pick<ResolvedVmOptions, "allowedCidrs" | "publicIp" | "addressService">;
  /** What was found; this computer's own address is asked for meanwhile. */
  readonly network: () => Promise<ClusterNetwork>;
  /** Whether the cluster has a firewall of its own; without one nobody needs to know this computer's address. */
  readonly makesFirewall: boolean;
}

/**
 * Who may reach the scheduler, and how.
 *
 * @throws DaskFleetError `CONFIG_INVALID` where nobody who is admitted, or not this computer, could reach it
 */
export async function ingressFor(
  { options, network, makesFirewall }: IngressQuestion,
  signal: AbortSignal,
): Promise<Ingress> {
  const { allowedCidrs, publicIp, addressService } = options;
  if (makesFirewall && allowedCidrs === undefined && publicIp) {
    const cidr = await launcherRangeFor(addressService, async () => (await network()).reach, signal);
    return { cidrs: [cidr], clients: familyOf(cidr) };
  }
  const { reach, ranges } = await network();
  const cidrs = allowedCidrs ?? (makesFirewall ? await ranges() : []);
  const [usual = 4] = reach.families;
  const clients = cidrs.length === 0 ? usual : clientFamily(cidrs, reach);
  if (clients === 6) await assertIpv6Way(reach);
  return { cidrs, clients };
}
