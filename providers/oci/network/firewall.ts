import { DEFAULT_NODE_PORTS } from "../../../src/bootstrap/node-spec.ts";
import { chunksOf, derivedUuid } from "../../../src/cloud/api/in-batches.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { isWhose, type Tags, type Whose } from "../../../src/provider/tags.ts";
import type { OciApi } from "../api/client.ts";
import { retryUntilConsistent } from "../api/retries.ts";
import type { AddSecurityRule } from "../api/sdk.ts";
import { stateOf } from "../api/state.ts";
import { isNotFound, isOci, notYetKnown, OciError } from "../errors/oci-error.ts";
import type { ResolvedOciOptions } from "../options/resolved-options.ts";
import { tagsOf } from "../tags/tags.ts";

interface FirewallInput {
  readonly vcnId: string;
  readonly identity: ClusterIdentity;
  readonly tags: Tags;
  readonly userTags: Pick<ResolvedOciOptions, "tags" | "definedTags">;
  /** Who may reach the scheduler, in CIDR notation. */
  readonly cidrs: readonly string[];
}

interface Making {
  readonly recent: RecentCreations;
  readonly signal: AbortSignal;
}

interface FoundGroup {
  readonly id: string;
  readonly name: string;
  readonly tags: Tags;
}

/** The network security groups of a role's machines, by OCID. */
export type RoleGroups = Readonly<Record<MachineRole, readonly string[]>>;

/** OCI takes no more rules in one call. */
const MOST_RULES = 25;
const TCP = "6";

/**
 * Makes the cluster's two network security groups: one for all members, who reach each other, and one for the scheduler, which is
 * reached from outside at Dask's port and the dashboard's gate.
 */
export async function ensureGroups(api: OciApi, input: FirewallInput, making: Making): Promise<RoleGroups> {
  const clusterName = input.identity.name;
  // One after the other: while it is not known whether one was made, nothing else is.
  const members = await makeGroup(api, groupName(clusterName), input, making);
  const clients = await makeGroup(api, clientsName(clusterName), input, making);
  throwRejected(
    await Promise.allSettled([
      addRules(api, members, memberRules(members), making.signal),
      addRules(api, clients, clientRules(input.cidrs), making.signal),
    ]),
  );
  return rolesOf({ members, clients });
}

/** Of a cluster that was made by another process; undefined where the members' group is gone. */
export async function findRoleGroups(
  api: OciApi,
  identity: ClusterIdentity,
  signal: AbortSignal,
): Promise<RoleGroups | undefined> {
  const groups = await findGroups(api, identity, signal);
  const idOf = (wanted: string): string | undefined => groups.find(({ name }) => name === wanted)?.id;
  const members = idOf(groupName(identity.name));
  return members === undefined ? undefined : rolesOf({ members, clients: idOf(clientsName(identity.name)) });
}

function rolesOf({ members, clients }: { readonly members: string; readonly clients: string | undefined }): RoleGroups {
  return { scheduler: clients === undefined ? [members] : [members, clients], worker: [members] };
}

/** Also what leaves: a subnet's security list need not let anything out. */
function memberRules(members: string): AddSecurityRule[] {
  const everywhere = { destination: "0.0.0.0/0", destinationType: "CIDR_BLOCK" };
  const inside = { source: members, sourceType: "NETWORK_SECURITY_GROUP" };
  return [
    { direction: "INGRESS", protocol: "all", ...inside },
    { direction: "EGRESS", protocol: "all", ...everywhere },
  ] as AddSecurityRule[];
}

/** The ports at which clients reach the scheduler. */
export const CLIENT_PORTS: readonly number[] = [DEFAULT_NODE_PORTS.scheduler, DEFAULT_NODE_PORTS.gate];

function clientRules(cidrs: readonly string[]): AddSecurityRule[] {
  return [...new Set(cidrs)].flatMap((source) =>
    CLIENT_PORTS.map((port) => ({
      direction: "INGRESS",
      protocol: TCP,
      source,
      sourceType: "CIDR_BLOCK",
      tcpOptions: { destinationPortRange: { min: port, max: port } },
    })),
  ) as AddSecurityRule[];
}

async function addRules(
  api: OciApi,
  networkSecurityGroupId: string,
  rules: readonly AddSecurityRule[],
  signal: AbortSignal,
): Promise<void> {
  for (const securityRules of chunksOf(rules, MOST_RULES)) {
    await retryUntilConsistent(isNotFound, signal, () =>
      api.call("network", "AddNetworkSecurityGroupSecurityRules", signal, (client) =>
        client.addNetworkSecurityGroupSecurityRules({
          networkSecurityGroupId,
          addNetworkSecurityGroupSecurityRulesDetails: { securityRules },
        }),
      ),
    );
  }
}

async function makeGroup(api: OciApi, displayName: string, input: FirewallInput, making: Making): Promise<string> {
  const { identity } = input;
  const [id] = identity.ids;
  const own = derivedUuid(identity.name, id ?? "", input.vcnId, displayName);
  try {
    return await createGroup(api, { displayName, token: own }, input, making);
  } catch (error) {
    // One that was made with this token is gone again.
    if (!isOci(error, "InvalidatedRetryToken")) throw error;
  }
  const there = (await findGroups(api, identity, making.signal)).find(({ name }) => name === displayName);
  if (there !== undefined) return there.id;
  return await createGroup(api, { displayName, token: crypto.randomUUID() }, input, making);
}

async function createGroup(
  api: OciApi,
  { displayName, token }: { readonly displayName: string; readonly token: string },
  { vcnId, tags, userTags }: FirewallInput,
  { recent, signal }: Making,
): Promise<string> {
  const { compartmentId } = api;
  try {
    const { networkSecurityGroup: group } = await api.call("network", "CreateNetworkSecurityGroup", signal, (client) =>
      client.createNetworkSecurityGroup({
        createNetworkSecurityGroupDetails: { compartmentId, vcnId, displayName, ...tagsOf(tags, userTags) },
        opcRetryToken: token,
      }),
    );
    recent.add([group.id]);
    return group.id;
  } catch (error) {
    if (!(error instanceof OciError && error.refused)) recent.addUnknown();
    throw error;
  }
}

/** The name of the members' network security group. */
export function groupName(clusterName: string): string {
  return `dask-fleet-${clusterName}`;
}

/** The name of the clients' network security group. No cluster's name has a dot: it is no other's members' group. */
export function clientsName(clusterName: string): string {
  return `${groupName(clusterName)}.clients`;
}

/** The network security groups of one cluster, of all of a name, or of all. */
export async function findGroups(api: OciApi, whose: Whose, signal: AbortSignal): Promise<readonly FoundGroup[]> {
  const { compartmentId } = api;
  const groups = await api.list("network", "ListNetworkSecurityGroups", signal, (client, page) =>
    client.listNetworkSecurityGroups({ compartmentId, ...page }),
  );
  return groups
    .filter((group) => !["TERMINATING", "TERMINATED"].includes(stateOf(group)))
    .map(({ id, displayName: name = "", freeformTags: tags = {} }) => ({ id, name, tags }))
    .filter(({ tags }) => isWhose(whose, tags));
}

/**
 * Removes a network security group; one that is already gone is a success.
 *
 * @throws DaskFleetError while machines use it, and while OCI does not know it yet
 */
export async function removeGroup(
  api: OciApi,
  networkSecurityGroupId: string,
  recent: RecentCreations,
  signal: AbortSignal,
): Promise<void> {
  try {
    await api.call("network", "DeleteNetworkSecurityGroup", signal, (client) =>
      client.deleteNetworkSecurityGroup({ networkSecurityGroupId }),
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (recent.has(networkSecurityGroupId)) {
      throw notYetKnown(`the network security group ${networkSecurityGroupId}`);
    }
  }
  recent.forget(networkSecurityGroupId);
}
