import type { Subnet } from "@aws-sdk/client-ec2";

import type { Reach } from "../../../src/cloud/network/address-family.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { Ec2Api } from "../api/client.ts";

/** Where machines can be: a subnet, and the zone it is in. */
export interface Place {
  readonly subnetId: string;
  /** Such as `us-east-1a`. */
  readonly zone: string;
  /** Which addresses its machines can have. */
  readonly stack: "ipv4" | "dual" | "ipv6";
}

export interface Network {
  readonly vpcId: string;
  /** How clients can reach a scheduler in it. */
  readonly reach: Reach;
  /** Whether its DNS leads machines without IPv4 to a NAT64 gateway. */
  readonly dns64: boolean;
  /** For each role, the preferred one first; not empty. */
  readonly places: Readonly<Record<MachineRole, readonly Place[]>>;
}

interface NetworkWishes {
  readonly vpc: string | undefined;
  readonly subnets: readonly string[];
  /** Names or ids, the preferred one first. */
  readonly zones: readonly string[];
  /** Whether the machines of a role are to have public addresses. */
  readonly isPublic: Readonly<Record<MachineRole, boolean>>;
}

/** Finds the VPC and the subnets. Makes nothing. */
export async function findNetwork(api: Ec2Api, wishes: NetworkWishes, signal: AbortSignal): Promise<Network> {
  if (wishes.subnets.length > 0) return givenSubnets(await subnetsById(api, wishes.subnets, signal), wishes);
  const vpcId = wishes.vpc ?? (await defaultVpc(api, signal));
  const subnets = await subnetsOf(api, vpcId, signal);
  const chosen = (role: MachineRole): readonly Subnet[] => onePerZone(subnets, wishes.zones, wishes.isPublic[role]);
  const scheduler = chosen("scheduler");
  return {
    vpcId,
    reach: reachOf(scheduler, wishes.isPublic.scheduler),
    dns64: scheduler.every(({ EnableDns64 }) => EnableDns64 === true),
    places: { scheduler: scheduler.map(placeOf), worker: chosen("worker").map(placeOf) },
  };
}

/** The VPC's own addresses. */
export async function rangesOf(api: Ec2Api, vpcId: string, signal: AbortSignal): Promise<readonly string[]> {
  const { Vpcs: [vpc] = [] } = await api.call("DescribeVpcs", signal, (ec2, options) =>
    ec2.describeVpcs({ VpcIds: [vpcId] }, options),
  );
  const four = vpc?.CidrBlockAssociationSet?.map(({ CidrBlock }) => CidrBlock) ?? [vpc?.CidrBlock];
  const six = vpc?.Ipv6CidrBlockAssociationSet?.map(({ Ipv6CidrBlock }) => Ipv6CidrBlock) ?? [];
  return [...four, ...six].filter((range) => range !== undefined);
}

async function defaultVpc(api: Ec2Api, signal: AbortSignal): Promise<string> {
  const { Vpcs: [vpc] = [] } = await api.call("DescribeVpcs", signal, (ec2, options) =>
    ec2.describeVpcs({ Filters: [{ Name: "is-default", Values: ["true"] }] }, options),
  );
  if (vpc?.VpcId !== undefined) return vpc.VpcId;
  throw invalid(
    `The account has no default VPC in the region ${api.region}: set the \`vpc\` or the \`subnetId\` option, or make one with "aws ec2 create-default-vpc".`,
  );
}

async function subnetsOf(api: Ec2Api, vpcId: string, signal: AbortSignal): Promise<readonly Subnet[]> {
  const Filters = [
    { Name: "vpc-id", Values: [vpcId] },
    { Name: "state", Values: ["available"] },
  ];
  const pages = await api.pages("DescribeSubnets", signal, (ec2, page, options) =>
    ec2.describeSubnets({ Filters, ...page }, options),
  );
  const subnets = pages.flatMap(({ Subnets = [] }) => Subnets);
  if (subnets.length > 0) return subnets;
  throw invalid(`The VPC ${vpcId} has no subnet in the region ${api.region}, or does not exist there.`);
}

async function subnetsById(api: Ec2Api, ids: readonly string[], signal: AbortSignal): Promise<readonly Subnet[]> {
  const { Subnets = [] } = await api.call("DescribeSubnets", signal, (ec2, options) =>
    ec2.describeSubnets({ SubnetIds: [...ids] }, options),
  );
  return [...Subnets].sort((a, b) => ids.indexOf(a.SubnetId ?? "") - ids.indexOf(b.SubnetId ?? ""));
}

/** They are used as they are given, in their order. */
export function givenSubnets(
  subnets: readonly Subnet[],
  { vpc, zones, isPublic }: Pick<NetworkWishes, "vpc" | "zones" | "isPublic">,
): Network {
  const vpcs = [...new Set(subnets.map(({ VpcId = "" }) => VpcId))];
  const [vpcId = ""] = vpcs;
  if (vpcs.length !== 1)
    throw invalid(`The subnets are in several VPCs (${vpcs.join(", ")}): a cluster can be in one.`);
  if (vpc !== undefined && vpc !== vpcId) throw invalid(`The subnets are in ${vpcId}, not in the VPC ${vpc}.`);
  for (const subnet of subnets) {
    if (zones.length > 0 && !zones.some((zone) => isIn(subnet, zone))) {
      throw invalid(
        `The subnet ${subnet.SubnetId} is in the zone ${subnet.AvailabilityZone}, which \`availabilityZone\` does not name.`,
      );
    }
  }
  const only = subnets.find(isIpv6Only);
  const other = subnets.find((subnet) => !isIpv6Only(subnet));
  if (only !== undefined && other !== undefined) {
    throw invalid(
      `The subnet ${only.SubnetId} is IPv6-only and ${other.SubnetId} is not: their machines could not reach each other. Give \`subnetId\` subnets of one kind.`,
    );
  }
  const places = subnets.map(placeOf);
  const dns64 = subnets.every(({ EnableDns64 }) => EnableDns64 === true);
  return { vpcId, dns64, reach: reachOf(subnets, isPublic.scheduler), places: { scheduler: places, worker: places } };
}

/**
 * The subnet in each zone that fits best: with public addresses one that is meant for them, without them one that is not; of
 * several the one with the most free addresses. In the order of the zones that are wished for, or else of their names. IPv6-only
 * subnets count only where the VPC has no others.
 */
export function onePerZone(all: readonly Subnet[], zones: readonly string[], isPublic: boolean): readonly Subnet[] {
  const subnets = all.every(isIpv6Only) ? all : all.filter((subnet) => !isIpv6Only(subnet));
  const byName = [...new Set(subnets.map(({ AvailabilityZone = "" }) => AvailabilityZone))].sort();
  for (const zone of zones) {
    if (!subnets.some((subnet) => isIn(subnet, zone))) {
      throw invalid(`The zone ${zone} has no subnet. The VPC has subnets in ${byName.join(", ")}.`);
    }
  }
  const fitness = ({ MapPublicIpOnLaunch = false, AvailableIpAddressCount = 0 }: Subnet): number =>
    (MapPublicIpOnLaunch === isPublic ? 1e9 : 0) + AvailableIpAddressCount;
  return (zones.length > 0 ? zones : byName).map((zone) =>
    subnets
      .filter((subnet) => isIn(subnet, zone))
      .reduce((best, subnet) => (fitness(subnet) > fitness(best) ? subnet : best)),
  );
}

function isIn({ AvailabilityZone, AvailabilityZoneId }: Subnet, zone: string): boolean {
  return zone === AvailabilityZone || zone === AvailabilityZoneId;
}

function placeOf(subnet: Subnet): Place {
  const { SubnetId: subnetId = "", AvailabilityZone: zone = "" } = subnet;
  return { subnetId, zone, stack: stackOf(subnet) };
}

function stackOf(subnet: Subnet): Place["stack"] {
  if (isIpv6Only(subnet)) return "ipv6";
  return ipv6RangeOf(subnet) === undefined ? "ipv4" : "dual";
}

function isIpv6Only({ Ipv6Native }: Subnet): boolean {
  return Ipv6Native === true;
}

function ipv6RangeOf({ Ipv6CidrBlockAssociationSet: ranges = [] }: Subnet): string | undefined {
  return ranges.find(({ Ipv6CidrBlockState: state }) => state?.State === "associated")?.Ipv6CidrBlock;
}

/** Of dual-stack subnets, clients can use the scheduler's public addresses of both kinds; inside, IPv4 is what members use. */
function reachOf(subnets: readonly Subnet[], isPublic: boolean): Reach {
  const six = subnets.find((subnet) => ipv6RangeOf(subnet) !== undefined);
  const ipv6Target = six === undefined ? undefined : ipv6RangeOf(six)?.split("/")[0];
  const ids = subnets.map(({ SubnetId }) => SubnetId).join(", ");
  const named = (kind: string): string =>
    subnets.length === 1 ? `the subnet ${ids} is ${kind}` : `the subnets ${ids} are ${kind}`;
  if (subnets.every(isIpv6Only)) return { families: [6], because: named("IPv6-only"), ipv6Target };
  if (six === undefined) return { families: [4], because: named("IPv4-only") };
  return {
    families: isPublic ? [4, 6] : [4],
    because: named(isPublic ? "dual-stack" : "dual-stack, where members use IPv4"),
    ipv6Target,
  };
}
