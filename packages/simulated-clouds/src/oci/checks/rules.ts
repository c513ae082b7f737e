import { isIPv4 } from "node:net";

import { NotUnderstood } from "../../core/http-cloud.ts";
import { parseCidr } from "../../core/subnet.ts";
import { invalid, notFound } from "../api-error.ts";
import type { RuleBody } from "../bodies/network.ts";
import type { Account } from "../state/account.ts";
import type { Vcn } from "../state/networks.ts";

const MOST_IN_CALL = 25;
const LONGEST_DESCRIPTION = 255;

/** Rules of one call. */
export function checkRules(account: Account, vcn: Vcn, rules: readonly RuleBody[]): void {
  if (rules.length === 0 || rules.length > MOST_IN_CALL) {
    throw invalid(`securityRules size must be between 1 and ${MOST_IN_CALL}`);
  }
  for (const rule of rules) checkRule(account, vcn, rule);
}

export function checkRule(account: Account, vcn: Vcn, rule: RuleBody): void {
  const { protocol, tcpOptions, udpOptions, icmpOptions, direction, description = "" } = rule;
  if (protocol !== "all" && !(/^\d{1,3}$/u.test(protocol) && Number(protocol) <= 255)) {
    throw invalid(`Invalid protocol: '${protocol}'. It must be "all" or a protocol number`);
  }
  if (tcpOptions !== undefined && protocol !== "6") throw invalid("tcpOptions need the protocol 6 (TCP)");
  if (udpOptions !== undefined && protocol !== "17") throw invalid("udpOptions need the protocol 17 (UDP)");
  if (icmpOptions !== undefined && protocol !== "1" && protocol !== "58") throw invalid("icmpOptions need ICMP");
  if (description.length > LONGEST_DESCRIPTION)
    throw invalid(`description size must be at most ${LONGEST_DESCRIPTION}`);
  for (const range of [tcpOptions, udpOptions].flatMap((options) => Object.values(options ?? {}))) {
    if (range === undefined) continue;
    if (range.min < 1 || range.max > 65_535 || range.min > range.max) {
      throw invalid(`Invalid port range: ${range.min}-${range.max}`);
    }
  }
  if (tcpOptions?.sourcePortRange !== undefined) throw new NotUnderstood("source ports of a rule are not simulated");
  if (rule.isStateless === true) throw new NotUnderstood("stateless rules are not simulated");
  const [type, peer] =
    direction === "INGRESS" ? [rule.sourceType, rule.source] : [rule.destinationType, rule.destination];
  const [name, otherPeer] = direction === "INGRESS" ? ["source", rule.destination] : ["destination", rule.source];
  if (peer === undefined) throw invalid(`${name} may not be null for direction ${direction}`);
  if (otherPeer !== undefined) throw invalid(`Only ${name} is allowed for direction ${direction}`);
  checkPeer(account, vcn, type, peer);
}

function checkPeer(account: Account, vcn: Vcn, type: RuleBody["sourceType"], peer: string): void {
  if (type === "SERVICE_CIDR_BLOCK") throw new NotUnderstood("services of a rule are not simulated");
  if (type === "NETWORK_SECURITY_GROUP") {
    const group = account.groups.get(peer, `NetworkSecurityGroup ${peer} not found`);
    if (group.vcn !== vcn) throw notFound(`NetworkSecurityGroup ${peer} not found in VCN ${vcn.id}`);
    return;
  }
  if (!isRange(peer)) throw invalid(`Invalid CIDR: '${peer}'`);
}

/** Whether a text is an IPv4 or IPv6 range whose first address is its network's. */
export function isRange(text: string): boolean {
  const [address = "", bits] = text.split("/");
  if (address.includes(":")) return /^[\da-f:.]+$/iu.test(address) && bits !== undefined && Number(bits) <= 128;
  if (!isIPv4(address)) return false;
  try {
    parseCidr(text);
    return true;
  } catch {
    return false;
  }
}
