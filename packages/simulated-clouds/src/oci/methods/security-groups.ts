import { ApiError, incorrectState, invalid } from "../api-error.ts";
import { parsed } from "../bodies/common.ts";
import { addRules, createGroup, removeRules, updateGroup, updateRules } from "../bodies/network.ts";
import { checkCompartment, checkNamed } from "../checks/names.ts";
import { checkRules } from "../checks/rules.ts";
import { readVcn } from "../checks/vnic.ts";
import { made, provisioned } from "../state/make-networks.ts";
import { timestamp } from "../state/resource.ts";
import { type Rule, ruleJson, SecurityGroup } from "../state/security-groups.ts";
import {
  type Call,
  checkMatch,
  compartmentOf,
  filtered,
  list,
  listOf,
  type Method,
  NO_CONTENT,
  once,
  part,
  query,
  reply,
  resourceReply,
} from "./call.ts";

const MOST_RULES = 120;

function groupOf(call: Call): SecurityGroup {
  return call.account.groups.get(part(call, "networkSecurityGroupId"));
}

/** One whose rules can be changed. */
function readyGroup(call: Call): SecurityGroup {
  const group = groupOf(call);
  if (group.state !== "AVAILABLE") throw incorrectState(`NetworkSecurityGroup ${group.id} is in state ${group.state}`);
  return group;
}

function shown({ account }: Call, rule: Rule): Readonly<Record<string, unknown>> {
  return ruleJson(rule, (id) => account.groups.find(id) !== undefined);
}

export const SECURITY_GROUPS = {
  CreateNetworkSecurityGroup: (call) => {
    const { account, request } = call;
    const body = parsed(createGroup, request);
    checkCompartment(account, body.compartmentId);
    checkNamed(account, body);
    const vcn = readVcn(account, body.vcnId);
    const group = once(
      call,
      () => {
        const state = provisioned(account, account.clock.now());
        const parts = made(account, body, "networksecuritygroup");
        return account.groups.put(new SecurityGroup({ ...parts, vcn }, state));
      },
      (id) => account.groups.find(id),
    );
    return resourceReply(group);
  },
  ListNetworkSecurityGroups: (call) => {
    const groups = call.account.groups.listed(compartmentOf(call));
    return list(call, filtered(call, groups, ["vcnId", "displayName", "lifecycleState"]));
  },
  GetNetworkSecurityGroup: (call) => resourceReply(groupOf(call)),
  UpdateNetworkSecurityGroup: (call) => {
    const body = parsed(updateGroup, call.request);
    checkNamed(call.account, body);
    const group = groupOf(call);
    checkMatch(call, group);
    group.rename(body);
    return resourceReply(group);
  },
  DeleteNetworkSecurityGroup: (call) => {
    const group = groupOf(call);
    checkMatch(call, group);
    // So it is in use until a while after its last instance is TERMINATED.
    if (call.account.heldVnics.some(({ groupIds }) => groupIds.includes(group.id))) {
      throw new ApiError(
        412,
        "PreconditionFailed",
        `NetworkSecurityGroup ${group.id} cannot be deleted since it still has vnics attached to it`,
      );
    }
    call.account.groups.delete(group);
    return NO_CONTENT;
  },
  ListNetworkSecurityGroupSecurityRules: (call) => {
    const group = groupOf(call);
    const direction = query(call, "direction");
    const rules = group.rules.filter((rule) => (direction ?? rule.direction) === rule.direction);
    return listOf(
      call,
      rules.map((rule) => ({ key: rule.id, json: () => shown(call, rule) })),
    );
  },
  AddNetworkSecurityGroupSecurityRules: (call) => {
    const { securityRules = [] } = parsed(addRules, call.request);
    const group = readyGroup(call);
    checkRules(call.account, group.vcn, securityRules);
    if (group.rules.length + securityRules.length > MOST_RULES) {
      throw new ApiError(
        400,
        "LimitExceeded",
        `NetworkSecurityGroup ${group.id} cannot have more than ${MOST_RULES} security rules`,
      );
    }
    const now = call.account.clock.now();
    const added = securityRules.map((rule) => group.add(rule, now));
    group.touch();
    return reply({ securityRules: added.map((rule) => shown(call, rule)) });
  },
  UpdateNetworkSecurityGroupSecurityRules: (call) => {
    const { securityRules = [] } = parsed(updateRules, call.request);
    const group = readyGroup(call);
    checkRules(call.account, group.vcn, securityRules);
    checkThere(
      group,
      securityRules.map(({ id }) => id),
    );
    const updated = securityRules.map(({ id, ...rule }) => group.replace(id, rule));
    group.touch();
    return reply({ securityRules: updated.map((rule) => shown(call, rule)) });
  },
  RemoveNetworkSecurityGroupSecurityRules: (call) => {
    const { securityRuleIds = [] } = parsed(removeRules, call.request);
    const group = readyGroup(call);
    checkThere(group, securityRuleIds);
    for (const id of securityRuleIds) group.remove(id);
    group.touch();
    return NO_CONTENT;
  },
  ListNetworkSecurityGroupVnics: (call) => {
    const group = groupOf(call);
    const vnics = call.account.heldVnics.filter(({ groupIds }) => groupIds.includes(group.id));
    return listOf(
      call,
      vnics.map(({ id, createdAt }) => ({
        key: id,
        json: () => ({ vnicId: id, resourceId: id, timeAssociated: timestamp(createdAt) }),
      })),
    );
  },
} as const satisfies Readonly<Record<string, Method>>;

function checkThere(group: SecurityGroup, ids: readonly string[]): void {
  const missing = ids.find((id) => group.rule(id) === undefined);
  if (missing !== undefined) throw invalid(`The security rule ${missing} does not exist`);
}
