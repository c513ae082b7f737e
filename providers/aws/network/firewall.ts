import type { IpPermission, SecurityGroup } from "@aws-sdk/client-ec2";

import { DEFAULT_NODE_PORTS } from "../../../src/bootstrap/node-spec.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import { nameTaken } from "../../../src/provider/name-taken.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import { isWhose, ownerOf, type Whose } from "../../../src/provider/tags.ts";
import type { Ec2Api } from "../api/client.ts";
import { retryUntilConsistent } from "../api/retries.ts";
import { Ec2Error, isAws, notYetKnown } from "../errors/ec2-error.ts";
import { specification, tagFilters, tagsFrom } from "../tags/tags.ts";

interface FirewallInput {
  readonly vpcId: string;
  readonly identity: ClusterIdentity;
  readonly tags: Readonly<Record<string, string>>;
  /** Those of the `tags` option. */
  readonly userTags: Readonly<Record<string, string>>;
  /** Who may reach the scheduler, in CIDR notation. */
  readonly cidrs: readonly string[];
}

interface GroupWishes extends FirewallInput {
  readonly name: string;
  readonly description: string;
}

interface Making {
  readonly recent: RecentCreations;
  readonly signal: AbortSignal;
}

/** The security groups of a role's machines, by id. */
export type RoleGroups = Readonly<Record<MachineRole, readonly string[]>>;

/**
 * Makes the cluster's two security groups: one for all members, who reach each other, and one for the scheduler, which is reached
 * from outside at Dask's port and the dashboard's gate.
 */
export async function ensureGroups(api: Ec2Api, input: FirewallInput, making: Making): Promise<RoleGroups> {
  const clusterName = input.identity.name;
  const wanted = {
    members: { ...input, name: groupName(clusterName), description: `Members of the Dask cluster ${clusterName}` },
    clients: { ...input, name: clientsName(clusterName), description: `Clients of the Dask cluster ${clusterName}` },
  };
  // One after the other: while it is not known whether one was made, nothing else is.
  const members = await makeGroup(api, wanted.members, making);
  const clients = await makeGroup(api, wanted.clients, making);
  const membersRule = { IpProtocol: "-1", UserIdGroupPairs: [{ GroupId: members }] };
  throwRejected(
    await Promise.allSettled([
      authorize(api, members, { ...input, rules: [membersRule] }, making.signal),
      authorize(api, clients, { ...input, rules: clientRules(input.cidrs) }, making.signal),
    ]),
  );
  return rolesOf({ members, clients });
}

/** Of a cluster that was made by another process; undefined where the members' group is gone. */
export async function findRoleGroups(
  api: Ec2Api,
  identity: ClusterIdentity,
  signal: AbortSignal,
): Promise<RoleGroups | undefined> {
  const { name: clusterName } = identity;
  const groups = await findGroups(api, identity, signal);
  const idOf = (wanted: string): string | undefined => groups.find(({ name }) => name === wanted)?.id;
  const members = idOf(groupName(clusterName));
  return members === undefined ? undefined : rolesOf({ members, clients: idOf(clientsName(clusterName)) });
}

function rolesOf({ members, clients }: { readonly members: string; readonly clients: string | undefined }): RoleGroups {
  return { scheduler: clients === undefined ? [members] : [members, clients], worker: [members] };
}

interface Rules extends Pick<FirewallInput, "identity" | "tags" | "userTags"> {
  readonly rules: readonly IpPermission[];
}

async function authorize(
  api: Ec2Api,
  id: string,
  { rules, identity, tags, userTags }: Rules,
  signal: AbortSignal,
): Promise<void> {
  // A rule goes with its group: it needs tags only where the user wants tags on everything, and they need a permission.
  const wanted = Object.keys(userTags).length > 0;
  const tagged = {
    TagSpecifications: [specification("security-group-rule", { Name: identity.name, ...userTags, ...tags })],
  };
  try {
    await retryUntilConsistent(["InvalidGroup.NotFound"], signal, () =>
      api.call("AuthorizeSecurityGroupIngress", signal, (ec2, options) =>
        ec2.authorizeSecurityGroupIngress(
          { GroupId: id, IpPermissions: [...rules], ...(wanted ? tagged : {}) },
          options,
        ),
      ),
    );
  } catch (error) {
    // A call whose answer was lost created all of them: EC2 creates all or none.
    if (!isAws(error, "InvalidPermission.Duplicate")) throw error;
  }
}

function clientRules(cidrs: readonly string[]): IpPermission[] {
  // EC2 refuses a rule that is there twice.
  const distinct = [...new Set(cidrs)];
  const IpRanges = distinct.filter((cidr) => !cidr.includes(":")).map((CidrIp) => ({ CidrIp }));
  const Ipv6Ranges = distinct.filter((cidr) => cidr.includes(":")).map((CidrIpv6) => ({ CidrIpv6 }));
  return [DEFAULT_NODE_PORTS.scheduler, DEFAULT_NODE_PORTS.gate].map((port) => ({
    IpProtocol: "tcp",
    FromPort: port,
    ToPort: port,
    ...(IpRanges.length > 0 ? { IpRanges } : {}),
    ...(Ipv6Ranges.length > 0 ? { Ipv6Ranges } : {}),
  }));
}

async function makeGroup(api: Ec2Api, wishes: GroupWishes, making: Making): Promise<string> {
  try {
    return await createGroup(api, wishes, making);
  } catch (error) {
    if (!isAws(error, "InvalidGroup.Duplicate")) throw error;
  }
  const { recent } = making;
  recent.addUnknown();
  // A call whose answer was lost created it, or another owner did.
  const id = await ownGroupOfThatName(api, wishes, making);
  recent.add([id]);
  return id;
}

async function createGroup(
  api: Ec2Api,
  { vpcId, identity, tags, userTags, name, description }: GroupWishes,
  { recent, signal }: Making,
): Promise<string> {
  try {
    const { GroupId: id = "" } = await api.call("CreateSecurityGroup", signal, (ec2, options) =>
      ec2.createSecurityGroup(
        {
          GroupName: name,
          Description: description,
          VpcId: vpcId,
          TagSpecifications: [specification("security-group", { Name: identity.name, ...userTags, ...tags })],
        },
        options,
      ),
    );
    recent.add([id]);
    return id;
  } catch (error) {
    if (!(error instanceof Ec2Error && error.refused)) recent.addUnknown();
    throw error;
  }
}

/** @throws DaskFleetError `CONFIG_INVALID` where it is another's, be it a cluster of the same name that was a little faster */
async function ownGroupOfThatName(
  api: Ec2Api,
  { vpcId, identity, name }: GroupWishes,
  { recent, signal }: Making,
): Promise<string> {
  const Filters = [
    { Name: "vpc-id", Values: [vpcId] },
    { Name: "group-name", Values: [name] },
  ];
  const { GroupId: id = "", Tags } = await retryUntilConsistent(
    [NOT_LISTED],
    signal,
    async (): Promise<SecurityGroup> => {
      const { SecurityGroups: [group] = [] } = await api.call("DescribeSecurityGroups", signal, (ec2, options) =>
        ec2.describeSecurityGroups({ Filters }, options),
      );
      if (group === undefined) throw notYetKnown(`the security group ${name}`, NOT_LISTED);
      return group;
    },
  );
  const tags = tagsFrom(Tags);
  if (isWhose(identity, tags)) return id;
  recent.settle();
  const owner = ownerOf(tags);
  if (owner?.name === identity.name) {
    throw nameTaken(owner.name, [{ id: owner.id, things: [{ kind: "security group", id }] }]);
  }
  const message = `The security group ${name} (${id}) already exists, and dask-fleet did not create it. Give the cluster another name.`;
  throw invalid(message);
}

const NOT_LISTED = "NotListedYet";

/** The name of the members' security group. */
export function groupName(clusterName: string): string {
  return `dask-fleet-${clusterName}`;
}

/** The name of the clients' security group. No cluster's name has a dot: it is no other's members' group. */
export function clientsName(clusterName: string): string {
  return `${groupName(clusterName)}.clients`;
}

interface FoundGroup {
  readonly id: string;
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** The security groups of one cluster, of all of a name, or of all. */
export async function findGroups(api: Ec2Api, whose: Whose, signal: AbortSignal): Promise<readonly FoundGroup[]> {
  const pages = await api.pages("DescribeSecurityGroups", signal, (ec2, page, options) =>
    ec2.describeSecurityGroups({ Filters: tagFilters(whose), MaxResults: 1000, ...page }, options),
  );
  return pages
    .flatMap(({ SecurityGroups = [] }) => SecurityGroups)
    .map(({ GroupId: id = "", GroupName: name = "", Tags }) => ({ id, name, tags: tagsFrom(Tags) }))
    .filter(({ tags }) => isWhose(whose, tags));
}

/**
 * Removes a security group; one that is already gone is a success.
 *
 * @throws DaskFleetError while machines use it, and while EC2 does not know it yet
 */
export async function removeGroup(
  api: Ec2Api,
  id: string,
  recent: RecentCreations,
  signal: AbortSignal,
): Promise<void> {
  try {
    await deleteGroup(api, id, signal);
  } catch (error) {
    if (!isAws(error, "InvalidGroup.NotFound")) throw error;
    if (recent.has(id)) throw notYetKnown(`the security group ${id}`, error.cloudCode);
  }
  recent.forget(id);
}

async function deleteGroup(api: Ec2Api, id: string, signal: AbortSignal): Promise<void> {
  await api.call("DeleteSecurityGroup", signal, (ec2, options) => ec2.deleteSecurityGroup({ GroupId: id }, options));
}
