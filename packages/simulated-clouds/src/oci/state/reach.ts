import { ipv6Contains } from "../../core/ipv6.ts";
import { cidrContains, parseCidr } from "../../core/subnet.ts";
import type { RuleBody } from "../bodies/network.ts";
import type { Account } from "./account.ts";
import type { Subnet } from "./networks.ts";
import type { Vnic } from "./vnic.ts";

/** A packet's other end: an address, and the VNIC that has it if one has. */
interface End {
  readonly address: string;
  readonly vnic: Vnic | undefined;
  readonly subnet: Subnet | undefined;
}

/** This computer, to which a dynamic routing gateway of the first VCN leads. */
const PEER = "127.0.0.1";

type Direction = RuleBody["direction"];

/**
 * Whether a source address reaches a TCP port of a VNIC: a rule of its security groups or of its subnet's security lists must let it
 * in, one of the source's own must let it out, and from outside there must be a route. All rules are stateful.
 */
export function admits(account: Account, target: Vnic, source: string, port: number): boolean {
  const origin = account.vnics.find(({ privateIp }) => privateIp === source);
  const end: End = { address: source, vnic: origin, subnet: origin?.subnet };
  if (origin !== undefined) {
    const there: End = { address: target.privateIp, vnic: target, subnet: target.subnet };
    if (origin.subnet.vcn !== target.subnet.vcn || !lets(origin, "EGRESS", there, port)) return false;
  } else if (!isInside(target.subnet, source) && !hasInternet(account, target.subnet)) {
    return false;
  }
  return lets(target, "INGRESS", end, port);
}

/** Whether an address that is no VNIC's, as a launcher's, lies in the subnet's network. */
function isInside({ vcn }: Subnet, source: string): boolean {
  if (source.includes(":") || !vcn.isReal) return false;
  return source === PEER || vcn.cidrBlocks.some((cidr) => cidrContains(cidr, source));
}

function hasInternet(account: Account, { routeTable, isPrivate }: Subnet): boolean {
  const gateways = new Set(account.gateways.all.filter(({ isEnabled }) => isEnabled).map(({ id }) => id));
  return !isPrivate && routeTable.routeRules.some(({ networkEntityId }) => gateways.has(networkEntityId));
}

function lets({ plan, subnet }: Vnic, direction: Direction, end: End, port: number): boolean {
  const rules: readonly RuleBody[] = [
    ...plan.groups.flatMap(({ rules }) => rules),
    ...subnet.securityLists.flatMap(({ ingressSecurityRules, egressSecurityRules }) => [
      ...ingressSecurityRules.map((rule) => ({ ...rule, direction: "INGRESS" as const })),
      ...egressSecurityRules.map((rule) => ({ ...rule, direction: "EGRESS" as const })),
    ]),
  ];
  return rules.some((rule) => rule.direction === direction && fits(rule, end, port));
}

function fits(rule: RuleBody, end: End, port: number): boolean {
  if (rule.protocol !== "all" && rule.protocol !== "6") return false;
  const { destinationPortRange: ports } = rule.tcpOptions ?? {};
  if (ports !== undefined && (port < ports.min || port > ports.max)) return false;
  const [type = "CIDR_BLOCK", peer = ""] =
    rule.direction === "INGRESS" ? [rule.sourceType, rule.source] : [rule.destinationType, rule.destination];
  if (type === "NETWORK_SECURITY_GROUP") return end.vnic?.groupIds.includes(peer) === true;
  return type === "CIDR_BLOCK" && matches(peer, end);
}

function matches(cidr: string, { address, subnet }: End): boolean {
  const isIpv6 = address.includes(":");
  if (cidr.includes(":") !== isIpv6) return false;
  if (isIpv6) return ipv6Contains(cidr, address);
  // What an address is in the simulation is not what its subnet's range says.
  if (subnet !== undefined && !subnet.vcn.isReal) return isWithin(subnet.cidrBlock, cidr);
  return cidrContains(cidr, address);
}

function isWithin(inner: string, outer: string): boolean {
  const [small, large] = [parseCidr(inner), parseCidr(outer)];
  return small.first >= large.first && small.first + small.size <= large.first + large.size;
}
