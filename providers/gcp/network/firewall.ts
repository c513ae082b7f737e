import { randomUUID } from "node:crypto";

import { DEFAULT_NODE_PORTS } from "../../../src/bootstrap/node-spec.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import { nameTaken } from "../../../src/provider/name-taken.ts";
import { type Whose, isWhose, ownerOf } from "../../../src/provider/tags.ts";
import type { ComputeApi } from "../api/client.ts";
import { ended, operationOf, throwIfFailed } from "../api/operations.ts";
import type { Firewall, Operation } from "../api/sdk.ts";
import { GcpError, failureOfOperation, isAlreadyThere, isNotFound } from "../errors/gcp-error.ts";
import type { AbandonedOperations } from "../machines/abandoned.ts";
import { FIREWALL_KINDS, firewallFilter, firewallName, memberTag, schedulerTag } from "../tags/names.ts";
import type { Labels } from "../tags/tags.ts";

export interface FirewallWishes {
  readonly identity: ClusterIdentity;
  /** Such as `projects/p/global/networks/n`. */
  readonly network: string;
  readonly tags: Labels;
  /** The user's own. */
  readonly userTags: Labels;
  /** Who may reach the scheduler, in CIDR notation. */
  readonly cidrs: readonly string[];
}

const LONGEST_DESCRIPTION = 2048;

/** Where rules are made, and who follows the calls that are given up. */
interface Making {
  readonly project: string;
  readonly abandoned: AbandonedOperations;
}

/** Members reach each other freely; from outside only Dask's port and the dashboard's gate of the scheduler. */
export function firewallRules({ identity, network, tags, userTags, cidrs }: FirewallWishes): Firewall[] {
  const clusterName = identity.name;
  const members = memberTag(clusterName);
  const common = { network, description: describe(tags, userTags), direction: "INGRESS" };
  const ports = [DEFAULT_NODE_PORTS.scheduler, DEFAULT_NODE_PORTS.gate].map(String);
  const clients = (kind: "clients" | "clients6", sourceRanges: readonly string[]): Firewall[] =>
    sourceRanges.length === 0
      ? []
      : [
          {
            ...common,
            name: firewallName(clusterName, kind),
            sourceRanges: [...sourceRanges],
            targetTags: [schedulerTag(clusterName)],
            allowed: [{ IPProtocol: "tcp", ports }],
          },
        ];
  return [
    {
      ...common,
      name: firewallName(clusterName, "members"),
      sourceTags: [members],
      targetTags: [members],
      allowed: [{ IPProtocol: "all" }],
    },
    // Compute Engine takes no rule with both kinds of addresses.
    ...clients(
      "clients",
      cidrs.filter((cidr) => !cidr.includes(":")),
    ),
    ...clients(
      "clients6",
      cidrs.filter((cidr) => cidr.includes(":")),
    ),
  ];
}

/** Makes the cluster's firewall rules. They hold when the operations that are returned have ended. */
export async function makeRules(
  api: ComputeApi,
  making: Making,
  wishes: FirewallWishes,
  signal: AbortSignal,
): Promise<readonly Operation[]> {
  const [first, ...rest] = firewallRules(wishes);
  if (first === undefined) return [];
  // The cluster that created the first rule creates the others: two clusters of one name never share rules.
  const begun = await makeRule(api, making, wishes, first, signal);
  // All come to an end, so that a tear-down does not overtake one that goes on.
  const results = await Promise.allSettled(rest.map((rule) => makeRule(api, making, wishes, rule, signal)));
  const failure = results.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return [begun, ...results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []))];
}

async function makeRule(
  api: ComputeApi,
  making: Making,
  { identity }: FirewallWishes,
  rule: Firewall,
  signal: AbortSignal,
): Promise<Operation> {
  try {
    return await insert(api, making, rule, signal);
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
  }
  const { project } = making;
  const name = rule.name ?? "";
  const existing = await get(api, project, name, signal);
  if (existing !== undefined && !isWhose(identity, tagsFrom(existing))) throw notOurs(identity, name, existing);
  // A call whose answer was lost created it, and nobody follows that.
  if (existing !== undefined) await removeRule(api, project, name, signal);
  return await insert(api, making, rule, signal);
}

/** Why accepted rules are not in force; undefined when they are, or it is unknown. */
export async function failureOfRules(
  api: ComputeApi,
  project: string,
  begun: readonly Operation[],
  signal: AbortSignal,
): Promise<GcpError | undefined> {
  const results = await Promise.allSettled(begun.map((operation) => ended(api, operation, { project }, signal)));
  const failures = results.flatMap((result) =>
    result.status === "fulfilled" ? (failureOfOperation(result.value, api.asked("firewalls.insert")) ?? []) : [],
  );
  return failures[0] === undefined ? undefined : new GcpError(failures[0]);
}

/** Removes the cluster's rules that are there. They are asked for by name, since lists lag behind. */
export async function removeRules(
  api: ComputeApi,
  project: string,
  identity: ClusterIdentity,
  signal: AbortSignal,
): Promise<void> {
  const results = await Promise.allSettled(
    FIREWALL_KINDS.map(async (kind) => {
      const name = firewallName(identity.name, kind);
      const rule = await get(api, project, name, signal);
      if (rule === undefined || !isWhose(identity, tagsFrom(rule))) return;
      await removeRule(api, project, name, signal);
    }),
  );
  throwRejected(results);
}

/** The rules of one cluster, of all of a name, or of all, as lists show them. */
export async function findRules(
  api: ComputeApi,
  project: string,
  whose: Whose,
  signal: AbortSignal,
): Promise<readonly { readonly name: string; readonly tags: Labels }[]> {
  const filter = firewallFilter(whose?.name);
  const rules = await api.list("firewalls", "list", signal, (client, options) =>
    client.listAsync({ project, filter }, options),
  );
  return rules
    .map((rule) => ({ name: rule.name ?? "", tags: tagsFrom(rule) }))
    .filter(({ tags }) => isWhose(whose, tags));
}

/** Removes a rule; one that is already gone is a success. */
async function removeRule(api: ComputeApi, project: string, name: string, signal: AbortSignal): Promise<void> {
  const requestId = randomUUID();
  try {
    const begun = await api.call("firewalls", "delete", signal, (client, options) =>
      client.delete({ project, firewall: name, requestId }, options),
    );
    throwIfFailed(api, "firewalls.delete", await ended(api, operationOf(begun), { project }, signal));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function insert(
  api: ComputeApi,
  { project, abandoned }: Making,
  rule: Firewall,
  signal: AbortSignal,
): Promise<Operation> {
  const requestId = randomUUID();
  const begun = await api.call(
    "firewalls",
    "insert",
    signal,
    (client, options) => client.insert({ project, firewallResource: rule, requestId }, options),
    { onLeft: (call) => abandoned.follow(call.then(operationOf), { project }) },
  );
  return operationOf(begun);
}

async function get(api: ComputeApi, project: string, name: string, signal: AbortSignal): Promise<Firewall | undefined> {
  try {
    const [rule] = await api.call("firewalls", "get", signal, (client, options) =>
      client.get({ project, firewall: name }, options),
    );
    return rule;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Firewall rules have no labels: their descriptions carry the tags, as `creator=dask-fleet cluster-name=…`; of the user's, as many
 * as there is room for.
 */
function describe(tags: Labels, userTags: Labels): string {
  let description = "";
  for (const [key, value] of Object.entries({ ...tags, ...userTags, ...tags })) {
    const word = `${description === "" ? "" : " "}${key}=${value}`;
    if (description.length + word.length <= LONGEST_DESCRIPTION) description += word;
  }
  return description;
}

export function tagsFrom({ description }: Firewall): Labels {
  const words = (description ?? "").split(/\s+/).map((word) => /^([a-z-]+)=([\w-]+)$/u.exec(word));
  return Object.fromEntries(words.flatMap((match) => (match === null ? [] : [[match[1], match[2]]])));
}

function notOurs(identity: ClusterIdentity, name: string, rule: Firewall): DaskFleetError {
  const owner = ownerOf(tagsFrom(rule));
  if (owner?.name === identity.name) {
    return nameTaken(owner.name, [{ id: owner.id, things: [{ kind: "firewall rule", id: name }] }]);
  }
  return invalid(`The firewall rule ${name} already exists and is not this cluster's. Give the cluster another name.`);
}
