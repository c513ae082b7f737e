import { alreadyExists, notFound, notReady } from "../api-error.ts";
import { checkFirewall, type FirewallInput } from "../checks/firewall.ts";
import type { ApiCall } from "../parse-request.ts";
import type { Account } from "../state/account.ts";
import { Firewall } from "../state/firewalls.ts";
import type { Operation, OperationError } from "../state/operations.ts";
import { given, listing, type Methods } from "./method.ts";

export const firewallMethods: Methods = {
  "firewalls.insert": insert,
  "firewalls.patch": patch,
  "firewalls.delete": remove,
  "firewalls.get": (account, call) => firewallOf(account, call).toJson(),
  "firewalls.list": listing("Firewall", (account, call) =>
    [...account.firewalls.values()]
      .filter((rule) => rule.project === given(call, "project") && account.listed(rule.createdAt))
      .map((rule) => ({ place: "global", name: rule.name, json: rule.toJson() })),
  ),
};

function insert(account: Account, call: ApiCall): Operation {
  const project = given(call, "project");
  const spec = checkFirewall(project, call.body, account.networks);
  const rule = new Firewall(project, spec, account.clock.now());
  account.permissions.need("compute.firewalls.create", rule.path);
  account.permissions.need("compute.networks.updatePolicy", spec.network.path);
  if (account.firewalls.has(rule.path)) throw alreadyExists(rule.path);
  account.firewalls.set(rule.path, rule);
  return work(account, call, rule, "insert", () => {
    rule.enforced = true;
  });
}

function patch(account: Account, call: ApiCall): Operation {
  const rule = firewallOf(account, call);
  account.permissions.need("compute.firewalls.update", rule.path);
  account.permissions.need("compute.networks.updatePolicy", rule.spec.network.path);
  if (rule.busy) throw notReady(rule.path);
  const input = call.body as FirewallInput;
  const { network, ...now } = rule.spec;
  const merged = { ...now, network: network.path, ...input, name: rule.name };
  const spec = checkFirewall(rule.project, merged, account.networks);
  return work(account, call, rule, "patch", () => {
    rule.spec = spec;
  });
}

function remove(account: Account, call: ApiCall): Operation {
  const rule = firewallOf(account, call);
  account.permissions.need("compute.firewalls.delete", rule.path);
  account.permissions.need("compute.networks.updatePolicy", rule.spec.network.path);
  if (rule.busy) throw notReady(rule.path);
  const refused = account.refusals.inOperation("firewalls.delete", rule.path);
  if (refused !== undefined) return work(account, call, rule, "delete", () => [refused]);
  return work(account, call, rule, "delete", () => {
    rule.enforced = false;
    account.firewalls.delete(rule.path);
  });
}

function firewallOf({ firewalls }: Account, call: ApiCall): Firewall {
  const path = `projects/${given(call, "project")}/global/firewalls/${given(call, "firewall")}`;
  const rule = firewalls.get(path);
  if (rule === undefined) throw notFound(path);
  return rule;
}

/** Nothing else can be done to a rule meanwhile. */
function work(
  account: Account,
  call: ApiCall,
  rule: Firewall,
  type: string,
  effect: () => readonly OperationError[] | void,
): Operation {
  const { project, path: target, id: targetId } = rule;
  const requestId = call.parameters["requestId"];
  rule.busy = true;
  return account.operations.run({ scope: { project }, type, target, targetId, requestId }, account.operationMs, () => {
    rule.busy = false;
    return effect();
  });
}
