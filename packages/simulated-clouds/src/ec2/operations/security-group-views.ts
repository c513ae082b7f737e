import type { IpPermission, SecurityGroup as GroupAnswer, SecurityGroupRule as RuleAnswer } from "@aws-sdk/client-ec2";

import { ACCOUNT_ID, type Account } from "../state/account.ts";
import type { AskedRule } from "../state/permissions.ts";
import type { SecurityGroup, SecurityGroupRule } from "../state/security-group.ts";
import { tagList } from "../state/tag-rules.ts";
import { groupArn } from "./security-groups.ts";

export function groupView(account: Account, group: SecurityGroup): GroupAnswer {
  const rules = visibleRules(account, group);
  return {
    GroupId: group.id,
    GroupName: group.name,
    Description: group.description,
    VpcId: group.vpcId,
    OwnerId: ACCOUNT_ID,
    SecurityGroupArn: groupArn(account, group.id),
    IpPermissions: permissionsOf(rules.filter(({ direction }) => direction === "ingress")),
    IpPermissionsEgress: permissionsOf(rules.filter(({ direction }) => direction === "egress")),
    Tags: tagList(group.tags),
  };
}

/** Rules that were made a moment ago are not shown yet. */
export function visibleRules({ now }: Account, { rules }: SecurityGroup): readonly SecurityGroupRule[] {
  return rules.filter(({ visibleFrom }) => now >= visibleFrom);
}

export function ruleView(account: Account, rule: SecurityGroupRule): RuleAnswer {
  const { peer } = rule;
  return {
    SecurityGroupRuleId: rule.id,
    SecurityGroupRuleArn: `arn:aws:ec2:${account.setting.region}:${ACCOUNT_ID}:security-group-rule/${rule.id}`,
    GroupId: rule.groupId,
    GroupOwnerId: ACCOUNT_ID,
    IsEgress: rule.direction === "egress",
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    ...peerFields(rule),
    ReferencedGroupInfo: peer.kind === "group" ? { GroupId: peer.groupId, UserId: ACCOUNT_ID } : undefined,
    Description: rule.description,
    Tags: tagList(rule.tags),
  };
}

/** The range of a rule, in the fields of an answer. */
export function peerFields({ peer }: Pick<AskedRule, "peer">): Pick<RuleAnswer, "CidrIpv4" | "CidrIpv6"> {
  if (peer.kind === "ipv4") return { CidrIpv4: peer.cidr };
  return peer.kind === "ipv6" ? { CidrIpv6: peer.cidr } : {};
}

/** Rules of the same protocol and ports are one permission. */
export function permissionsOf(rules: readonly AskedRule[]): IpPermission[] {
  const byTraffic = Map.groupBy(rules, ({ protocol, fromPort, toPort }) => `${protocol} ${fromPort} ${toPort}`);
  return [...byTraffic.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const ports = first.protocol === "-1" ? {} : { FromPort: first.fromPort, ToPort: first.toPort };
    const permission = { IpProtocol: first.protocol, ...ports, PrefixListIds: [] };
    return {
      ...permission,
      IpRanges: same.flatMap(({ peer, description }) => {
        return peer.kind === "ipv4" ? { CidrIp: peer.cidr, Description: description } : [];
      }),
      Ipv6Ranges: same.flatMap(({ peer, description }) => {
        return peer.kind === "ipv6" ? { CidrIpv6: peer.cidr, Description: description } : [];
      }),
      UserIdGroupPairs: same.flatMap(({ peer, description }) => {
        return peer.kind === "group" ? { GroupId: peer.groupId, UserId: ACCOUNT_ID, Description: description } : [];
      }),
    };
  });
}
