import { cidrContains, parseCidr } from "../../core/subnet.ts";
import type { RuleProperties } from "../bodies/network.ts";
import type { Account } from "./account.ts";
import { type SubnetEntry, subnetById, type VirtualNetwork } from "./networks.ts";
import type { Nic } from "./parts.ts";

/** Where a packet comes from or goes to: an address, and who has it if the network has it. */
interface End {
  readonly address: string;
  readonly nic: Nic | undefined;
  readonly subnet: SubnetEntry | undefined;
  readonly network: VirtualNetwork | undefined;
}

/**
 * Whether a source address reaches a TCP port of a network interface: the security group of its subnet and its own must both
 * admit it. Without any, its network's members are admitted and, at a Standard address, nobody else.
 */
export function admits(account: Account, nic: Nic, source: string, port: number): boolean {
  const target = endOf(account, nic);
  const own = account.nics.all.find(({ privateAddress }) => privateAddress === source);
  const inside = own === undefined && source === account.surroundings.addresses.launcherInside;
  const origin: End =
    own === undefined
      ? { address: source, nic: undefined, subnet: undefined, network: inside ? target.network : undefined }
      : endOf(account, own);
  const groups = [target.subnet?.securityGroup, nic.securityGroup]
    .filter((id) => id !== undefined)
    .map((id) => account.securityGroups.byId(id))
    .filter((group) => group !== undefined);
  if (groups.length === 0) return isSameNetwork(origin, target) || nic.publicAddress?.sku === "Basic";
  return groups.every(({ rules }) => {
    const [first] = rules
      .map(({ properties }) => properties)
      .filter((rule) => rule !== undefined && rule.direction === "Inbound" && fits(rule, origin, target, port))
      .sort((a, b) => (a?.priority ?? 0) - (b?.priority ?? 0));
    // The default rules, AllowVnetInBound and DenyAllInBound, come after all others.
    return first === undefined ? isSameNetwork(origin, target) : first.access === "Allow";
  });
}

function endOf(account: Account, nic: Nic): End {
  const subnet = subnetById(account.networks.all, nic.subnet);
  const network = subnet === undefined ? undefined : account.networks.byId(subnet.network);
  return { address: nic.privateAddress, nic, subnet, network };
}

function isSameNetwork(origin: End, target: End): boolean {
  return origin.network !== undefined && origin.network.id === target.network?.id;
}

function fits(rule: RuleProperties, origin: End, target: End, port: number): boolean {
  if (rule.protocol !== "Tcp" && rule.protocol !== "*") return false;
  const ports = [rule.destinationPortRange, ...(rule.destinationPortRanges ?? [])];
  if (!ports.some((range) => range !== undefined && isPortIn(range, port))) return false;
  const sources = [rule.sourceAddressPrefix, ...(rule.sourceAddressPrefixes ?? [])];
  const destinations = [rule.destinationAddressPrefix, ...(rule.destinationAddressPrefixes ?? [])];
  const isVnet = isSameNetwork(origin, target);
  return (
    (sources.some((prefix) => matches(prefix, origin, isVnet)) ||
      isMember(origin.nic, rule.sourceApplicationSecurityGroups)) &&
    (destinations.some((prefix) => matches(prefix, target, true)) ||
      isMember(target.nic, rule.destinationApplicationSecurityGroups))
  );
}

function isMember(nic: Nic | undefined, groups: RuleProperties["sourceApplicationSecurityGroups"] = []): boolean {
  return groups.some(({ id }) => nic?.applicationGroups.some((own) => own.toLowerCase() === id.toLowerCase()));
}

function matches(prefix: string | undefined, end: End, isVnet: boolean): boolean {
  switch (prefix?.toLowerCase()) {
    case undefined:
      return false;
    case "*":
      return true;
    case "virtualnetwork":
      return isVnet;
    case "internet":
      return !isVnet;
    default:
      return isRange(prefix ?? "") && (isIn(prefix ?? "", end) || isDeclaredIn(prefix ?? "", end));
  }
}

function isRange(prefix: string): boolean {
  return /^[\d.]+(?:\/\d+)?$/u.test(prefix);
}

function isIn(prefix: string, { address }: End): boolean {
  return cidrContains(prefix.includes("/") ? prefix : `${prefix}/32`, address);
}

/** An address of a subnet stands for all of them: what it is in the simulation is not what the subnet's range says. */
function isDeclaredIn(prefix: string, { subnet, network }: End): boolean {
  const declared = subnet === undefined ? (network?.prefixes ?? []) : [subnet.prefix];
  if (!prefix.includes("/")) return false;
  const outer = parseCidr(prefix);
  return declared.filter(isRange).some((each) => {
    const inner = parseCidr(each);
    return inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;
  });
}

function isPortIn(range: string, port: number): boolean {
  if (range === "*") return true;
  const [first = 0, last = first] = range.split("-").map(Number);
  return port >= first && port <= last;
}
