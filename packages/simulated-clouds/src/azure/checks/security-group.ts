import { parseCidr } from "../../core/subnet.ts";
import { badRequest, invalidReference, missingParameter } from "../api-error.ts";
import type { RuleBody, RuleProperties } from "../bodies/network.ts";
import type { Account } from "../state/account.ts";
import { assertReady } from "./network-profile.ts";

const MOST_RULES = 1000;
const SERVICE_TAGS = new Set(["virtualnetwork", "internet", "azureloadbalancer", "azurecloud", "storage"]);

/** @throws ApiError where Azure would not have these rules */
export function checkRules(account: Account, group: string, rules: readonly RuleBody[]): void {
  if (rules.length > MOST_RULES) {
    throw badRequest("SecurityRuleLimitReached", `A network security group can have ${MOST_RULES} rules.`);
  }
  const names = new Map<string, string>();
  for (const { name, properties } of rules) {
    if (name === undefined || name === "") throw missingParameter("securityRules.name");
    if (!/^\w(?:[\w.-]{0,78}\w)?$/u.test(name)) {
      throw badRequest(
        "InvalidResourceName",
        `Resource name ${name} is invalid. The name can be up to 80 characters long.`,
      );
    }
    if (properties === undefined) throw missingParameter("securityRules.properties");
    checkRule(account, `${group}/securityRules/${name}`, properties);
    const [taken, place] = [`name ${name.toLowerCase()}`, `${properties.direction} ${properties.priority}`];
    for (const key of [taken, place]) {
      const other = names.get(key);
      if (other !== undefined) {
        throw badRequest(
          "SecurityRuleConflict",
          `Security rule ${name} conflicts with rule ${other}. Rules cannot have the same Priority and Direction.`,
        );
      }
      names.set(key, name);
    }
  }
}

function checkRule(account: Account, id: string, rule: RuleProperties): void {
  if (rule.priority < 100 || rule.priority > 4096) {
    throw badRequest(
      "SecurityRuleInvalidPriority",
      `Security rule has invalid Priority. Value provided: ${rule.priority} Allowed range 100-4096.`,
    );
  }
  checkPorts(id, rule.sourcePortRange, rule.sourcePortRanges);
  checkPorts(id, rule.destinationPortRange, rule.destinationPortRanges);
  checkEnd(account, id, rule.sourceAddressPrefix, rule.sourceAddressPrefixes, rule.sourceApplicationSecurityGroups);
  checkEnd(
    account,
    id,
    rule.destinationAddressPrefix,
    rule.destinationAddressPrefixes,
    rule.destinationApplicationSecurityGroups,
  );
}

function checkPorts(id: string, one: string | undefined, several: readonly string[] = []): void {
  if ((one === undefined) === (several.length === 0)) {
    throw badRequest(
      "SecurityRuleParameterInvalid",
      `Security rule ${id} has a port range or port ranges, not both or none.`,
    );
  }
  for (const range of [...(one === undefined ? [] : [one]), ...several]) {
    const [first = -1, last = first] = /^\d{1,5}(?:-\d{1,5})?$/u.test(range) ? range.split("-").map(Number) : [];
    if (range === "*" || (first >= 0 && first <= last && last <= 65_535)) continue;
    throw badRequest(
      "SecurityRuleInvalidPortRange",
      `Security rule has invalid Port range. Value provided: ${range}. Value should be an integer OR integer range with '-' ` +
        "delimiter. Valid range 0-65535.",
    );
  }
}

function checkEnd(
  account: Account,
  id: string,
  one: string | undefined,
  several: readonly string[] = [],
  groups: readonly { readonly id: string }[] = [],
): void {
  const kinds = [one !== undefined, several.length > 0, groups.length > 0].filter(Boolean).length;
  if (kinds !== 1) {
    throw badRequest(
      "SecurityRuleParameterInvalid",
      `Security rule ${id} must have exactly one of an address prefix, address prefixes and application security groups at ` +
        "each end.",
    );
  }
  for (const prefix of [...(one === undefined ? [] : [one]), ...several]) {
    const isOnly = one !== undefined || !prefix.startsWith("*");
    if (isOnly && isPrefix(prefix)) continue;
    throw badRequest(
      "SecurityRuleInvalidAddressPrefix",
      `Security rule ${id} has invalid Address prefix. Value provided: ${prefix}`,
    );
  }
  for (const { id: group } of groups) {
    const found = account.applicationGroups.byId(group);
    if (found === undefined) throw invalidReference(group, id);
    assertReady(account, found);
  }
}

function isPrefix(prefix: string): boolean {
  if (prefix === "*" || SERVICE_TAGS.has(prefix.toLowerCase())) return true;
  if (prefix.includes(":")) return /^[\da-f:]+(?:\/\d{1,3})?$/iu.test(prefix);
  try {
    parseCidr(prefix.includes("/") ? prefix : `${prefix}/32`);
    return true;
  } catch {
    return false;
  }
}
