import { DaskFleetError } from "../../src/errors.ts";
import type { RecentlyMade } from "../../src/vm/recently-made.ts";
import type { Ec2Api } from "./client.ts";
import { ensureGroups, findRoleGroups, type RoleGroups } from "./firewall.ts";
import { rangesOf } from "./network.ts";
import { assertKnownNames } from "./override-names.ts";
import type { ResolvedEc2Options } from "./resolved-options.ts";
import { type Found, lookUp } from "./surroundings.ts";

/** All that machines are asked for with. */
export interface Site extends Found {
  readonly securityGroups: RoleGroups;
}

export interface SiteInput {
  readonly api: Ec2Api;
  readonly options: ResolvedEc2Options;
  readonly clusterName: string;
}

interface GroupInput {
  readonly tags: Readonly<Record<string, string>>;
  /** Who may reach the scheduler, in CIDR notation; it may ask for the VPC's own addresses. */
  readonly ingressCidrs: (vpcRanges: () => Promise<readonly string[]>) => Promise<readonly string[]>;
  readonly recent: RecentlyMade;
  /** Called before anything is made. */
  readonly onMaking: () => void;
}

/** Finds what is there, and then makes what is not: the cluster's security groups, unless there are given ones. */
export async function prepareSite(
  { api, options, clusterName }: SiteInput,
  { tags, ingressCidrs, recent, onMaking }: GroupInput,
  signal: AbortSignal,
): Promise<Site> {
  const { securityGroups } = options;
  assertKnownNames(api.runInstancesSchema, options.runInstances);
  const found = lookUp(api, options, signal);
  if (securityGroups.length > 0) return { ...(await found), securityGroups: forBoth(securityGroups) };
  const vpcRanges = async (): Promise<readonly string[]> => await rangesOf(api, (await found).vpcId, signal);
  const [known, cidrs] = await Promise.all([found, ingressCidrs(vpcRanges)]);
  onMaking();
  const wishes = { vpcId: known.vpcId, clusterName, tags, userTags: options.tags, cidrs };
  return { ...known, securityGroups: await ensureGroups(api, wishes, { recent, signal }) };
}

/** In a process that has not prepared the cluster. Makes nothing. */
export async function findSite({ api, options, clusterName }: SiteInput, signal: AbortSignal): Promise<Site> {
  const { securityGroups: given } = options;
  const [known, securityGroups] = await Promise.all([
    lookUp(api, options, signal),
    given.length > 0 ? forBoth(given) : findRoleGroups(api, clusterName, signal),
  ]);
  if (securityGroups !== undefined) return { ...known, securityGroups };
  const message = `The security group of ${clusterName} does not exist any more: no machine can be added.`;
  throw new DaskFleetError("PROVIDER_FAILED", message, { meaning: "gone" });
}

function forBoth(groups: readonly string[]): RoleGroups {
  return { scheduler: groups, worker: groups };
}
