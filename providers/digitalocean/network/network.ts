import type { Reach } from "../../../src/cloud/network/address-family.ts";
import type { ClusterNetwork } from "../../../src/cloud/network/ingress.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { Vpc } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";
import { isNotFound } from "../errors/droplet-error.ts";
import type { ResolvedDropletOptions } from "../options/resolved-options.ts";

type Place = Pick<ResolvedDropletOptions, "vpcUuid" | "region">;

/** @throws DaskFleetError `CONFIG_INVALID` for a VPC network that does not exist or is in another region */
export async function assertVpc(api: DropletApi, { vpcUuid, region }: Place, signal: AbortSignal): Promise<void> {
  if (vpcUuid === undefined) return;
  const vpc = await vpcWithId(api, vpcUuid, signal);
  if (vpc.region === region) return;
  throw invalid(`The VPC network ${vpcUuid} is in the region ${vpc.region}, not in ${region}.`);
}

/** A VPC network has IPv4 addresses only, and a droplet has a public IPv6 address where that is asked for. */
export function reachOf({ publicIp, extraDropletOptions }: ReachWishes): Reach {
  if (!publicIp) return { families: [4], because: "DigitalOcean's VPC networks are" };
  if (extraDropletOptions["ipv6"] === true) return { families: [4, 6], because: "droplets with `ipv6` have both" };
  return { families: [4], because: "unless `extraDropletOptions` is { ipv6: true }" };
}

type ReachWishes = Pick<ResolvedDropletOptions, "publicIp" | "extraDropletOptions">;

/** What is known of the network. */
export function networkOf(
  api: DropletApi,
  options: Place & ReachWishes,
  signal: AbortSignal,
): () => Promise<ClusterNetwork> {
  return async () => ({ reach: reachOf(options), ranges: async () => await rangesOf(api, options, signal) });
}

/** The network's own addresses. */
export async function rangesOf(
  api: DropletApi,
  { vpcUuid, region }: Place,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (vpcUuid !== undefined) return [(await vpcWithId(api, vpcUuid, signal)).ip_range];
  const vpcs = await api.list<Vpc>("/vpcs", "vpcs", { idOf: ({ id }) => id }, signal);
  const own = vpcs.find((vpc) => vpc.region === region && vpc.default === true);
  // A region's own network is made with its first droplet.
  if (own !== undefined) return [own.ip_range];
  throw invalid(`The region ${region} has no VPC network yet: set the \`vpcUuid\` or the \`allowedCidrs\` option.`);
}

async function vpcWithId(api: DropletApi, id: string, signal: AbortSignal): Promise<Vpc> {
  try {
    return await api.get<Vpc>(`/vpcs/${id}`, "vpc", signal);
  } catch (error) {
    if (isNotFound(error)) throw invalid(`DigitalOcean has no VPC network ${id}, or not for this account.`);
    throw error;
  }
}
