import type { Subnet } from "@aws-sdk/client-ec2";

import type { Reach } from "../../../src/cloud/network/address-family.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { Ec2Api } from "../api/client.ts";

/** Where machines can be: a subnet, and the zone it is in. */
export interface Place {
  readonly subnetId: string;
  /** Such as `us-east-1a`. */
  readonly zone: string;
  /** Which addresses its machines can have. */
  readonly stack: "ipv4" | "dual" | "ipv6";
}

/** Where machines of one kind can be. */
export interface KindNetwork {
  /** The preferred one first; not empty. */
  readonly places: readonly Place[];
  /** How clients can reach a scheduler there. */
  readonly reach: Reach;
  /** Whether its DNS leads machines without IPv4 to a NAT64 gateway. */
  readonly dns64: boolean;
}

export interface Network {
  readonly vpcId: string;
  /** One for each of the wishes. */
  readonly kinds: readonly KindNetwork[];
}

/** What the options say of where machines of one kind are to be. */
export interface PlaceWishes {
  /** Ids, the preferred one first. */
  readonly subnets: readonly string[];
  /** Names or ids, the preferred one first. */
  readonly zones: readonly string[];
  /** The option that names the zones, for errors. */
  readonly zoneOption: string;
  /** Whether the zones choose among the subnets: they are a group's own, and the subnets are the cluster's. */
  readonly zonesChoose: boolean;
  /** Whether the machines are to have public addresses. */
  readonly isPublic: boolean;
}

/** Finds the VPC and the subnets of each kind of machines. Makes nothing. */
export async function findNetwork(
  api: Ec2Api,
  vpc: string | undefined,
  kinds: readonly PlaceWishes[],
  signal: AbortSignal,
): Promise<Network> {
  const ids = [...new Set(kinds.flatMap(({ subnets }) => subnets))];
  const given = ids.length > 0 ? await subnetsById(api, ids, signal) : [];
  const vpcId = ids.length > 0 ? vpcOf(given, vpc) : (vpc ?? (await defaultVpc(api, signal)));
  const all = kinds.some(({ subnets }) => subnets.length === 0) ? await subnetsOf(api, vpcId, signal) : [];
  return { vpcId, kinds: kindNetworks({ given, all }, kinds) };
}

/**
 * For each kind of machines its subnets: those that it is given, or one in each zone.
 *
 * @param given the subnets that options name
 * @param all all of the VPC
 */
export function kindNetworks(
  { given, all }: Readonly<Record<"given" | "all", readonly Subnet[]>>,
  kinds: readonly PlaceWishes[],
): readonly KindNetwork[] {
  const chosen = kinds.map((wishes) => {
    const { subnets, zones, isPublic } = wishes;
    return { subnets: subnets.length > 0 ? givenSubnets(given, wishes) : onePerZone(all, zones, isPublic), isPublic };
  });
  assertOneStack(chosen.flatMap(({ subnets }) => subnets));
  return chosen.map(({ subnets, isPublic }) => networkOf(subnets, isPublic));
}

function networkOf(subnets: readonly Subnet[], isPublic: boolean): KindNetwork {
  return {
    places: subnets.map(placeOf),
    reach: reachOf(subnets, isPublic),
    dns64: subnets.every(({ EnableDns64 }) => EnableDns64 === true),
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
  return Subnets;
}

/** The one VPC of all subnets that the options name. */
export function vpcOf(subnets: readonly Subnet[], vpc: string | undefined): string {
  const vpcs = [...new Set(subnets.map(({ VpcId = "" }) => VpcId))];
  const [vpcId = ""] = vpcs;
  if (vpcs.length !== 1)
    throw invalid(`The subnets are in several VPCs (${vpcs.join(", ")}): a cluster can be in one.`);
  if (vpc !== undefined && vpc !== vpcId) throw invalid(`The subnets are in ${vpcId}, not in the VPC ${vpc}.`);
  return vpcId;
}

/** Those that one kind of machines is given, in its order. */
function givenSubnets(
  all: readonly Subnet[],
  { subnets: ids, zones, zoneOption, zonesChoose }: PlaceWishes,
): readonly Subnet[] {
  const subnets = ids.flatMap((id) => all.find(({ SubnetId }) => SubnetId === id) ?? []);
  if (zones.length === 0) return subnets;
  const fitting = subnets.filter((subnet) => zones.some((zone) => isIn(subnet, zone)));
  const unfit = subnets.find((subnet) => !fitting.includes(subnet));
  if (unfit === undefined || (zonesChoose && fitting.length > 0)) return fitting;
  throw invalid(
    `The subnet ${unfit.SubnetId} is in the zone ${unfit.AvailabilityZone}, which \`${zoneOption}\` does not name.`,
  );
}

/** All machines of a cluster must reach each other. */
function assertOneStack(subnets: readonly Subnet[]): void {
  const only = subnets.find(isIpv6Only);
  const other = subnets.find((subnet) => !isIpv6Only(subnet));
  if (only === undefined || other === undefined) return;
  throw invalid(
    `The subnet ${only.SubnetId} is IPv6-only and ${other.SubnetId} is not: their machines could not reach each other. Give \`subnetId\` subnets of one kind.`,
  );
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
