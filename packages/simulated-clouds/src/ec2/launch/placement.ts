import { offers } from "../catalogue/instance-types.ts";
import { Ec2Error } from "../errors.ts";
import type { Market } from "../options.ts";
import type { Account } from "../state/account.ts";
import type { Ec2Subnet } from "../state/network.ts";
import type { LaunchPlan } from "./plan.ts";

export interface Place {
  readonly subnet: Ec2Subnet;
  readonly count: number;
}

/**
 * Where the machines go, and how many: all in one zone, as many as fit, and at least `MinCount`.
 *
 * @throws Ec2Error where there is no such place.
 */
export function findPlace(account: Account, plan: LaunchPlan): Place {
  const market: Market = plan.spot === undefined ? "on-demand" : "spot";
  const offering = subnetsThatOffer(account, plan);
  const allowed = account.room.withinQuotas(plan.type, market, { min: plan.minCount, max: plan.maxCount });
  const places = offering.map((subnet) => ({
    subnet,
    count: Math.min(allowed, account.room.inZone(subnet.zone.name, plan.type, market)),
  }));
  const fitting = places.filter(({ count }) => count >= plan.minCount);
  if (fitting.length === 0) throw noRoom(account, plan, market);
  const withAddresses = fitting
    .map(({ subnet, count }) => ({ subnet, count: Math.min(count, subnet.addresses.free) }))
    .filter(({ count }) => count >= plan.minCount);
  const [first] = withAddresses.sort((a, b) => b.count - a.count);
  if (first !== undefined) return first;
  throw new Ec2Error(
    "InsufficientFreeAddressesInSubnet",
    `There are not enough free addresses in subnet '${fitting[0]?.subnet.id}' to satisfy the requested number of instances.`,
  );
}

function subnetsThatOffer(account: Account, { type, network }: LaunchPlan): readonly Ec2Subnet[] {
  if (!type.nitro && network.subnets.some(({ stack }) => stack === "ipv6")) {
    throw new Ec2Error(
      "Unsupported",
      `The instance type ${type.name} is not built on the Nitro System and cannot be launched in an IPv6-only subnet.`,
    );
  }
  const offering = network.subnets.filter(({ zone }) => offers(zone.name, type));
  if (offering.length > 0) return offering;
  const elsewhere = account.zones.filter(({ name }) => offers(name, type)).map(({ name }) => name);
  throw new Ec2Error(
    "Unsupported",
    `Your requested instance type (${type.name}) is not supported in your requested Availability Zone (${network.subnets[0]?.zone.name}). Please retry your request by not specifying an Availability Zone or choosing ${elsewhere.join(", ")}.`,
  );
}

function noRoom(account: Account, { type, network, minCount }: LaunchPlan, market: Market): Ec2Error {
  return new Ec2Error("InsufficientInstanceCapacity", message(), 500);

  function message(): string {
    if (market === "spot") return "There is no Spot capacity available that matches your request.";
    const working = "Our system will be working on provisioning additional capacity.";
    if (!network.zoneNamed) {
      return `We currently do not have sufficient ${type.name} capacity in zones with support for 'gp2' volumes. ${working}`;
    }
    const better = account.zones
      .filter(({ name }) => offers(name, type) && account.room.inZone(name, type, market) >= minCount)
      .map(({ name }) => name);
    const choose = better.length === 0 ? "" : ` or choosing ${better.join(", ")}`;
    return `We currently do not have sufficient ${type.name} capacity in the Availability Zone you requested (${network.subnets[0]?.zone.name}). ${working} You can currently get ${type.name} capacity by not specifying an Availability Zone in your request${choose}.`;
  }
}
