import type {
  DescribeSecurityGroupRulesRequest,
  DescribeSecurityGroupRulesResult,
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
} from "@aws-sdk/client-ec2";

import { Ec2Error } from "../errors.ts";
import { ACCOUNT_ID, type Account } from "../state/account.ts";
import type { Direction, SecurityGroup, SecurityGroupRule } from "../state/security-group.ts";
import type { Call } from "./call.ts";
import { type FilterTable, filteredWithTags } from "./filters.ts";
import { pageOf } from "./paging.ts";
import { groupView, ruleView, visibleRules } from "./security-group-views.ts";

const FILTERS: FilterTable<SecurityGroup> = {
  description: ({ description }) => description,
  ...ruleFilters("", "ingress"),
  ...ruleFilters("egress.", "egress"),
  "group-id": ({ id }) => id,
  "group-name": ({ name }) => name,
  "owner-id": () => ACCOUNT_ID,
  "vpc-id": ({ vpcId }) => vpcId,
};

function ruleFilters(prefix: string, direction: Direction): FilterTable<SecurityGroup> {
  const answers: Readonly<Record<string, (rule: SecurityGroupRule) => string | undefined>> = {
    cidr: ({ peer }) => (peer.kind === "ipv4" ? peer.cidr : undefined),
    "from-port": ({ protocol, fromPort }) => (protocol === "-1" ? undefined : String(fromPort)),
    "group-id": ({ peer }) => (peer.kind === "group" ? peer.groupId : undefined),
    protocol: ({ protocol }) => protocol,
    "to-port": ({ protocol, toPort }) => (protocol === "-1" ? undefined : String(toPort)),
  };
  const entries = Object.entries(answers).map(([name, answer]) => {
    const ofGroup = (group: SecurityGroup): string[] =>
      group.rules.filter((rule) => rule.direction === direction).flatMap((rule) => answer(rule) ?? []);
    return [`${prefix}ip-permission.${name}`, ofGroup] as const;
  });
  return Object.fromEntries(entries);
}

export function describeSecurityGroups(call: Call<DescribeSecurityGroupsRequest>): DescribeSecurityGroupsResult {
  const { account, input } = call;
  const { GroupIds: ids, GroupNames: names } = input;
  const byName = (names ?? []).map((name) => demandNamed(account, name));
  const byId = ids === undefined ? [] : account.groups.demand(ids);
  const named = ids === undefined && names === undefined ? account.groups.visible : [...new Set([...byId, ...byName])];
  const page = pageOf(call, filteredWithTags(named, input.Filters, FILTERS), {
    named: { parameter: "groupIdsSet", ids: ids ?? names },
  });
  return { SecurityGroups: page.items.map((group) => groupView(account, group)), NextToken: page.NextToken };
}

function demandNamed(account: Account, name: string): SecurityGroup {
  const vpcId = account.defaultVpc?.id;
  const group = account.groups.visible.find((each) => each.vpcId === vpcId && each.name === name);
  if (group !== undefined) return group;
  throw new Ec2Error("InvalidGroup.NotFound", `The security group '${name}' does not exist in default VPC '${vpcId}'`);
}

const RULE_FILTERS: FilterTable<SecurityGroupRule> = {
  "group-id": ({ groupId }) => groupId,
  "security-group-rule-id": ({ id }) => id,
};

export function describeSecurityGroupRules(
  call: Call<DescribeSecurityGroupRulesRequest>,
): DescribeSecurityGroupRulesResult {
  const { account, input } = call;
  const ids = input.SecurityGroupRuleIds;
  const rules = account.groups.visible.flatMap((group) => visibleRules(account, group));
  const unknown = ids?.find((id) => !rules.some((rule) => rule.id === id));
  if (unknown !== undefined) {
    throw new Ec2Error("InvalidSecurityGroupRuleId.NotFound", `The security group rule ID '${unknown}' does not exist`);
  }
  const named = rules.filter(({ id }) => ids?.includes(id) ?? true);
  const page = pageOf(call, filteredWithTags(named, input.Filters, RULE_FILTERS), {
    named: { parameter: "securityGroupRuleIdsSet", ids },
  });
  return { SecurityGroupRules: page.items.map((rule) => ruleView(account, rule)), NextToken: page.NextToken };
}
