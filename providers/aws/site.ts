import type { RecentCreations } from "../../src/cloud/machines/recent-creations.ts";
import type { Addressing } from "../../src/cloud/network/address-family.ts";
import type { Ingress, Surroundings } from "../../src/cloud/vm-cluster.ts";
import { DaskFleetError } from "../../src/errors.ts";
import type { ClusterIdentity } from "../../src/provider/identity.ts";
import type { Ec2Api } from "./api/client.ts";
import { type Found, lookUp } from "./discovery.ts";
import { ensureGroups, findRoleGroups, type RoleGroups } from "./network/firewall.ts";
import { rangesOf } from "./network/network.ts";
import { assertKnownNames } from "./options/override-names.ts";
import type { ResolvedEc2Options } from "./options/resolved-options.ts";

/** All that machines are asked for with. */
export interface Site extends Found {
  readonly securityGroups: RoleGroups;
  readonly addressing: Addressing;
}

export interface SiteInput {
  readonly api: Ec2Api;
  readonly options: ResolvedEc2Options;
  readonly identity: ClusterIdentity;
}

interface GroupInput {
  readonly tags: Readonly<Record<string, string>>;
  /** Who may reach the scheduler, and how. */
  readonly ingress: (network: () => Promise<Surroundings>) => Promise<Ingress>;
  readonly recent: RecentCreations;
  /** Called before anything is made. */
  readonly onMaking: () => void;
}

/** Finds what is there, and then makes what is not: the cluster's security groups, unless there are given ones. */
export async function prepareSite(
  { api, options, identity }: SiteInput,
  { tags, ingress, recent, onMaking }: GroupInput,
  signal: AbortSignal,
): Promise<Site> {
  const { securityGroups } = options;
  assertKnownNames(api.runInstancesSchema, options.runInstances);
  const found = lookUp(api, options, signal);
  const network = async (): Promise<Surroundings> => {
    const { reach, vpcId } = await found;
    return { reach, ranges: async () => await rangesOf(api, vpcId, signal) };
  };
  const [known, { cidrs, clients }] = await Promise.all([found, ingress(network)]);
  const site = { ...known, addressing: { members: membersFamily(known), clients } };
  if (securityGroups.length > 0) return { ...site, securityGroups: forBoth(securityGroups) };
  onMaking();
  const wishes = { vpcId: known.vpcId, identity, tags, userTags: options.tags, cidrs };
  return { ...site, securityGroups: await ensureGroups(api, wishes, { recent, signal }) };
}

function membersFamily({ places }: Pick<Found, "places">): Addressing["members"] {
  return places.worker.every(({ stack }) => stack === "ipv6") ? 6 : 4;
}

/**
 * In a process that has not prepared the cluster. Makes nothing.
 *
 * @param addressing as the one that has prepared it found it
 */
export async function findSite(
  { api, options, identity }: SiteInput,
  addressing: Addressing,
  signal: AbortSignal,
): Promise<Site> {
  const { securityGroups: given } = options;
  const [known, securityGroups] = await Promise.all([
    lookUp(api, options, signal),
    given.length > 0 ? forBoth(given) : findRoleGroups(api, identity, signal),
  ]);
  if (securityGroups !== undefined) return { ...known, securityGroups, addressing };
  const message = `The security group of ${identity.name} does not exist any more: no machine can be added.`;
  throw new DaskFleetError("PROVIDER_FAILED", message, { meaning: "gone" });
}

function forBoth(groups: readonly string[]): RoleGroups {
  return { scheduler: groups, worker: groups };
}
