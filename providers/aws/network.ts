import type { Subnet } from "@aws-sdk/client-ec2";

import { invalid } from "../../src/options/invalid.ts";
import type { MachineRole } from "../../src/role.ts";
import type { Ec2Api } from "./client.ts";

/** Where machines can be: a subnet, and the zone it is in. */
export interface Place {
  readonly subnetId: string;
  /** Such as `us-east-1a`. */
  readonly zone: string;
}

export interface Network {
  readonly vpcId: string;
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
  const placesOf = (isPublic: boolean): readonly Place[] => onePerZone(subnets, wishes.zones, isPublic).map(placeOf);
  return {
    vpcId,
    places: { scheduler: placesOf(wishes.isPublic.scheduler), worker: placesOf(wishes.isPublic.worker) },
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
  { vpc, zones }: Pick<NetworkWishes, "vpc" | "zones">,
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
  const places = subnets.map(placeOf);
  return { vpcId, places: { scheduler: places, worker: places } };
}

/**
 * The subnet in each zone that fits best: with public addresses one that is meant for them, without them one that is not; of
 * several the one with the most free addresses. In the order of the zones that are wished for, or else of their names.
 */
export function onePerZone(subnets: readonly Subnet[], zones: readonly string[], isPublic: boolean): readonly Subnet[] {
  const byName = [...new Set(subnets.map(({ AvailabilityZone = "" }) => AvailabilityZone))].sort();
  for (const zone of zones) {
    if (!subnets.some((subnet) => isIn(subnet, zone))) {
      throw invalid(`There is no subnet in the zone ${zone}; the VPC has subnets in ${byName.join(", ")}.`);
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

function placeOf({ SubnetId: subnetId = "", AvailabilityZone: zone = "" }: Subnet): Place {
  return { subnetId, zone };
}
