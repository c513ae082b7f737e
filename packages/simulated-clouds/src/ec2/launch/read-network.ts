import type { InstanceNetworkInterfaceSpecification, RunInstancesRequest } from "@aws-sdk/client-ec2";

import { Ec2Error, invalidCombination, invalidValue, missing, Violation } from "../errors.ts";
import type { Call } from "../operations/call.ts";
import { demandGroup } from "../operations/security-groups.ts";
import type { Account } from "../state/account.ts";
import type { Ec2Subnet } from "../state/network.ts";
import type { SecurityGroup } from "../state/security-group.ts";
import type { NetworkPlan } from "./plan.ts";

const MOST_GROUPS = 5;

/** Where the machines shall be, and behind which firewalls. */
export function readNetwork({ account, input }: Call<RunInstancesRequest>): NetworkPlan {
  const card = readCard(input);
  const subnetId = card?.SubnetId ?? input.SubnetId;
  if (subnetId !== undefined && input.SecurityGroups !== undefined) {
    throw invalidCombination("The parameter groupName cannot be used with the parameter subnet");
  }
  const zone = readZone(account, input.Placement);
  const subnets = subnetsFor(account, subnetId, zone);
  if (card !== undefined) checkIpv6(card, subnets);
  return {
    subnets,
    zoneNamed: subnetId !== undefined || zone !== undefined,
    groups: readGroups(account, subnets, {
      ids: card?.Groups ?? input.SecurityGroupIds ?? [],
      names: input.SecurityGroups ?? [],
    }),
    publicAddress: card?.AssociatePublicIpAddress,
    ipv6Addresses: card?.Ipv6AddressCount,
    description: card?.Description ?? "",
    deleteOnTermination: card?.DeleteOnTermination ?? true,
  };
}

/** The one network card that the request describes, if it does. */
function readCard(input: RunInstancesRequest): InstanceNetworkInterfaceSpecification | undefined {
  const { NetworkInterfaces: cards = [] } = input;
  const [card] = cards;
  if (card === undefined) return undefined;
  const together = "may not be specified on the same request";
  if (input.SubnetId !== undefined) {
    throw invalidCombination(`Network interfaces and an instance-level subnet ID ${together}`);
  }
  if (input.SecurityGroupIds !== undefined || input.SecurityGroups !== undefined) {
    throw invalidCombination(`Network interfaces and an instance-level security groups ${together}`);
  }
  if (cards.length > 1) {
    if (cards.some(({ AssociatePublicIpAddress: isPublic }) => isPublic !== undefined)) {
      throw invalidCombination(
        "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.",
      );
    }
    throw new Violation("Unsupported", "Machines with several network interfaces are not simulated");
  }
  if (card.DeviceIndex === undefined) throw missing("deviceIndex");
  if (card.DeviceIndex !== 0) throw invalidCombination("A network interface with the device index 0 is required");
  return card;
}

function checkIpv6(card: InstanceNetworkInterfaceSpecification, subnets: readonly Ec2Subnet[]): void {
  const { Ipv6AddressCount: count = 0, Ipv6Addresses = [], Ipv6PrefixCount, Ipv6Prefixes } = card;
  if (Ipv6Addresses.length > 0 || Ipv6PrefixCount !== undefined || Ipv6Prefixes !== undefined) {
    throw new Violation("Unsupported", "Fixed IPv6 addresses and prefixes are not simulated");
  }
  if (count > 1) throw new Violation("Unsupported", "Several IPv6 addresses of a machine are not simulated");
  const without = subnets.find(({ stack }) => stack === "ipv4");
  if (count > 0 && without !== undefined) {
    throw invalidValue(`The subnet '${without.id}' has no IPv6 CIDR block associated with it.`);
  }
  const only = subnets.find(({ stack }) => stack === "ipv6");
  if (only !== undefined && card.AssociatePublicIpAddress === true) {
    throw invalidCombination(`A public IPv4 address cannot be associated in the IPv6-only subnet '${only.id}'.`);
  }
}

function readZone(account: Account, placement: RunInstancesRequest["Placement"]): string | undefined {
  const { AvailabilityZone: name, AvailabilityZoneId: id, Tenancy: tenancy, GroupName: group } = placement ?? {};
  if (tenancy !== undefined && tenancy !== "default") {
    throw new Violation("Unsupported", `The tenancy ${tenancy} is not simulated`);
  }
  if (group !== undefined && group !== "") {
    throw new Ec2Error("InvalidPlacementGroup.Unknown", `The placement group '${group}' is unknown`);
  }
  if (name !== undefined && id !== undefined) {
    throw invalidCombination("AvailabilityZone and AvailabilityZoneId may not be specified on the same request");
  }
  if (name === undefined && id === undefined) return undefined;
  const zone = account.zones.find((each) => each.name === name || each.id === id);
  if (zone === undefined) throw invalidValue(`Invalid availability zone: [${name ?? id}]`);
  return zone.name;
}

function subnetsFor(account: Account, subnetId: string | undefined, zone: string | undefined): readonly Ec2Subnet[] {
  if (subnetId !== undefined) {
    const subnets = account.subnets.demand([subnetId]);
    if (zone !== undefined && subnets[0]?.zone.name !== zone) {
      throw invalidValue(`The availability zone '${zone}' is not that of the subnet '${subnetId}'`);
    }
    return subnets;
  }
  if (account.defaultVpc === undefined) {
    throw new Ec2Error("VPCIdNotSpecified", "No default VPC for this user. Specify a VPC ID or subnet ID.");
  }
  const subnets = account.subnets.all.filter(
    (subnet) => subnet.isDefault && (zone ?? subnet.zone.name) === subnet.zone.name,
  );
  if (subnets.length > 0) return subnets;
  throw zone === undefined
    ? new Ec2Error(
        "MissingInput",
        `No subnets found for the default VPC '${account.defaultVpc.id}'. Please specify a subnet.`,
      )
    : new Ec2Error("InvalidInput", `No default subnet for availability zone: '${zone}'.`);
}

function readGroups(
  account: Account,
  [subnet]: readonly Ec2Subnet[],
  { ids, names }: { readonly ids: readonly string[]; readonly names: readonly string[] },
): readonly SecurityGroup[] {
  const vpcId = subnet?.vpc.id ?? "";
  const named = [
    ...ids.map((id) => demandGroup(account, { id, name: undefined })),
    ...names.map((name) => demandGroup(account, { id: undefined, name })),
  ];
  const foreign = named.find((group) => group.vpcId !== vpcId);
  if (foreign !== undefined) {
    const message = `Security group ${foreign.id} and subnet ${subnet?.id} belong to different networks.`;
    throw new Ec2Error("InvalidParameter", message);
  }
  if (named.length > MOST_GROUPS) {
    throw new Ec2Error(
      "SecurityGroupsPerInterfaceLimitExceeded",
      "The maximum number of security groups per interface has been reached.",
    );
  }
  if (named.length > 0) return [...new Set(named)];
  return [account.groupNamed(vpcId, "default") ?? []].flat();
}
