import type { IpPermission } from "@aws-sdk/client-ec2";

import { Ec2Error, invalidValue, missing, Violation } from "../errors.ts";
import { canonicalCidr, checkedCidr6 } from "./cidr.ts";
import { type Direction, type Peer, type RuleFacts, ruleKey, type SecurityGroup } from "./security-group.ts";

/** A rule that a call speaks of. */
export interface AskedRule extends RuleFacts {
  readonly description: string | undefined;
}

/** How a call finds the group that a rule is about. */
export type FindGroup = (named: {
  readonly id: string | undefined;
  readonly name: string | undefined;
}) => SecurityGroup;

const NUMBERS: Readonly<Record<string, string>> = { "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6" };
const LONGEST_DESCRIPTION = 255;
const LAST_PORT = 65_535;

/** Names and descriptions of groups and rules are made of these. */
export const ALLOWED_CHARACTERS = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/u;

/**
 * The single rules that permissions stand for: one for each range and each group.
 *
 * @throws Ec2Error where a permission is not as EC2 has it, or is there twice.
 */
export function askedRules(
  permissions: readonly IpPermission[],
  direction: Direction,
  findGroup: FindGroup,
): AskedRule[] {
  const rules = permissions.flatMap((permission) => {
    const traffic = { direction, ...trafficOf(permission) };
    return peersOf(permission, findGroup).map(({ peer, description }) => {
      return { ...traffic, peer, description: checkedDescription(description) };
    });
  });
  if (new Set(rules.map((rule) => ruleKey(rule))).size < rules.length) {
    throw invalidValue("The same permission must not appear multiple times");
  }
  return rules;
}

function trafficOf({ IpProtocol: wanted, FromPort: from, ToPort: to }: IpPermission) {
  if (wanted === undefined) throw missing("ipProtocol");
  const protocol = NUMBERS[wanted] ?? wanted.toLowerCase();
  if (protocol === "-1") return { protocol, fromPort: -1, toPort: -1 };
  if (protocol === "tcp" || protocol === "udp") {
    if (from === undefined || to === undefined) {
      throw invalidValue("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.");
    }
    for (const port of [from, to]) {
      if (port < 0 || port > LAST_PORT) throw invalidValue(`TCP/UDP port (${port}) out of range`);
    }
    if (from > to) throw invalidValue(`Invalid TCP/UDP port range (${from}:${to})`);
    return { protocol, fromPort: from, toPort: to };
  }
  if (protocol === "icmp" || protocol === "icmpv6") return { protocol, fromPort: from ?? -1, toPort: to ?? -1 };
  if (/^\d{1,3}$/u.test(protocol)) return { protocol, fromPort: -1, toPort: -1 };
  throw invalidValue(`Invalid value '${wanted}' for IP protocol. Unknown protocol.`);
}

function peersOf(permission: IpPermission, findGroup: FindGroup) {
  const { IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [], PrefixListIds = [] } = permission;
  if (PrefixListIds.length > 0) throw new Violation("Unsupported", "Prefix lists are not simulated");
  const peers: { peer: Peer; description: string | undefined }[] = [
    ...IpRanges.map(({ CidrIp: cidr = "", Description: description }) => {
      return { peer: { kind: "ipv4" as const, cidr: canonicalCidr(cidr) }, description };
    }),
    ...Ipv6Ranges.map(({ CidrIpv6: cidr = "", Description: description }) => {
      return { peer: { kind: "ipv6" as const, cidr: checkedCidr6(cidr) }, description };
    }),
    ...UserIdGroupPairs.map(({ GroupId: id, GroupName: name, UserId, VpcId, Description: description }) => {
      // They only say what the group's id says already.
      void [UserId, VpcId];
      return { peer: { kind: "group" as const, groupId: findGroup({ id, name }).id }, description };
    }),
  ];
  if (peers.length === 0) {
    throw new Ec2Error("MissingParameter", "The request must contain a source: CIDR IP, prefix list or security group");
  }
  return peers;
}

function checkedDescription(description: string | undefined): string | undefined {
  if (description === undefined) return undefined;
  if (description.length > LONGEST_DESCRIPTION || !ALLOWED_CHARACTERS.test(description)) {
    throw invalidValue(
      "Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
    );
  }
  return description;
}
