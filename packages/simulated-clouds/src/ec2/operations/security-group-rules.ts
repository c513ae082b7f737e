import type {
  AuthorizeSecurityGroupEgressRequest,
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult,
  IpPermission,
  RevokeSecurityGroupEgressRequest,
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult,
} from "@aws-sdk/client-ec2";

import { Ec2Error, invalidCombination, invalidValue, missing } from "../errors.ts";
import type { Account } from "../state/account.ts";
import { newId } from "../state/ids.ts";
import { type AskedRule, askedRules } from "../state/permissions.ts";
import { type Direction, ruleKey, type SecurityGroup, type SecurityGroupRule } from "../state/security-group.ts";
import { tagsByType } from "../state/tag-rules.ts";
import type { Call } from "./call.ts";
import { peerFields, permissionsOf, ruleView } from "./security-group-views.ts";
import { demandGroup } from "./security-groups.ts";

const MOST_RULES = 60;

type AuthorizeRequest = AuthorizeSecurityGroupIngressRequest & AuthorizeSecurityGroupEgressRequest;
type RevokeRequest = RevokeSecurityGroupIngressRequest & RevokeSecurityGroupEgressRequest;

export function authorize(direction: Direction) {
  return (call: Call<AuthorizeRequest>): AuthorizeSecurityGroupIngressResult => {
    const { account, input } = call;
    const group = demandGroup(account, { id: input.GroupId, name: input.GroupName });
    const permissions = permissionsOfInput(input);
    if (permissions.length === 0) throw missing("ipPermissions");
    const asked = readRules(account, group, permissions, direction);
    const tags = tagsByType(input.TagSpecifications, ["security-group-rule"]).get("security-group-rule");
    const there = new Set(group.rules.map((rule) => ruleKey(rule)));
    const twice = asked.find((rule) => there.has(ruleKey(rule)));
    if (twice !== undefined) {
      throw new Ec2Error("InvalidPermission.Duplicate", `the specified rule "${told(twice)}" already exists`);
    }
    if (group.rules.filter((rule) => rule.direction === direction).length + asked.length > MOST_RULES) {
      throw new Ec2Error(
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
      );
    }
    call.begin();
    const made = asked.map((rule): SecurityGroupRule => {
      return { ...rule, id: newId("sgr"), groupId: group.id, tags: new Map(tags), visibleFrom: account.visibleSoon };
    });
    group.rules = [...group.rules, ...made];
    return { Return: true, SecurityGroupRules: made.map((rule) => ruleView(account, rule)) };
  };
}

export function revoke(direction: Direction) {
  return (call: Call<RevokeRequest>): RevokeSecurityGroupIngressResult => {
    const { account, input } = call;
    const group = demandGroup(account, { id: input.GroupId, name: input.GroupName });
    const ours = group.rules.filter((rule) => rule.direction === direction);
    const ids = input.SecurityGroupRuleIds ?? [];
    const byId = ids.map((id) => ours.find((rule) => rule.id === id) ?? unknownRule(id));
    const asked = readRules(account, group, permissionsOfInput(input), direction);
    if (ids.length === 0 && asked.length === 0) throw missing("ipPermissions or securityGroupRuleIds");
    const found = asked.map((rule) => ({ rule, there: ours.find((each) => ruleKey(each) === ruleKey(rule)) }));
    const unknown = found.filter(({ there }) => there === undefined).map(({ rule }) => rule);
    if (unknown.length > 0 && account.defaultVpc?.id !== group.vpcId) {
      const message = "The specified rule does not exist in this security group.";
      throw new Ec2Error("InvalidPermission.NotFound", message);
    }
    call.begin();
    const gone = new Set([...byId, ...found.flatMap(({ there }) => there ?? [])]);
    group.rules = group.rules.filter((rule) => !gone.has(rule));
    return {
      Return: true,
      UnknownIpPermissions: unknown.length === 0 ? undefined : permissionsOf(unknown),
      RevokedSecurityGroupRules: [...gone].map((rule) => ({
        SecurityGroupRuleId: rule.id,
        GroupId: rule.groupId,
        IsEgress: rule.direction === "egress",
        IpProtocol: rule.protocol,
        FromPort: rule.fromPort,
        ToPort: rule.toPort,
        Description: rule.description,
        ...peerFields(rule),
        ReferencedGroupId: rule.peer.kind === "group" ? rule.peer.groupId : undefined,
      })),
    };
  };
}

function readRules(
  account: Account,
  group: SecurityGroup,
  permissions: readonly IpPermission[],
  direction: Direction,
): AskedRule[] {
  return askedRules(permissions, direction, (named) => {
    const other = demandGroup(account, named);
    if (other.vpcId === group.vpcId) return other;
    throw new Ec2Error("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.");
  });
}

/** The older form has a single permission, in the request itself. */
function permissionsOfInput(input: Omit<AuthorizeRequest, "GroupId">): readonly IpPermission[] {
  const { IpPermissions: permissions, IpProtocol, FromPort, ToPort, CidrIp, SourceSecurityGroupName: name } = input;
  if (input.SourceSecurityGroupOwnerId !== undefined && name === undefined) throw missing("sourceSecurityGroupName");
  const single = [IpProtocol, FromPort, ToPort, CidrIp, name].some((value) => value !== undefined);
  if (!single) return permissions ?? [];
  if (permissions !== undefined) {
    throw invalidCombination("The parameter 'ipPermissions' may not be used in combination with 'ipProtocol'");
  }
  return [
    {
      IpProtocol,
      FromPort,
      ToPort,
      IpRanges: CidrIp === undefined ? undefined : [{ CidrIp }],
      UserIdGroupPairs: name === undefined ? undefined : [{ GroupName: name }],
    },
  ];
}

function unknownRule(id: string): never {
  if (!/^sgr-[0-9a-f]{17}$/u.test(id)) throw invalidValue(`Invalid id: "${id}" (expecting "sgr-...")`);
  const message = `The security group rule ID '${id}' does not exist`;
  throw new Ec2Error("InvalidSecurityGroupRuleId.NotFound", message);
}

function told({ protocol, fromPort, toPort, peer }: AskedRule): string {
  const who = peer.kind === "group" ? peer.groupId : peer.cidr;
  const ports = protocol === "-1" ? "ALL" : `${protocol.toUpperCase()}, from port: ${fromPort}, to port: ${toPort}`;
  return `peer: ${who}, ${ports}, ALLOW`;
}
