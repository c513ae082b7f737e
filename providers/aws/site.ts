import { DaskFleetError } from "../../src/errors.ts";
import type { RecentlyMade } from "../../src/vm/recently-made.ts";
import type { Ec2Api } from "./client.ts";
import { ensureGroup, findGroups } from "./firewall.ts";
import { rangesOf } from "./network.ts";
import { assertKnownNames } from "./override-names.ts";
import type { ResolvedEc2Options } from "./resolved-options.ts";
import { type Found, lookUp } from "./surroundings.ts";

/** All that machines are asked for with. */
export interface Site extends Found {
  readonly securityGroups: readonly string[];
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

/** Finds what is there, and then makes what is not: the cluster's security group, unless there are given ones. */
export async function prepareSite(
  { api, options, clusterName }: SiteInput,
  { tags, ingressCidrs, recent, onMaking }: GroupInput,
  signal: AbortSignal,
): Promise<Site> {
  const { securityGroups } = options;
  assertKnownNames(api.runInstancesSchema, options.runInstances);
  const found = lookUp(api, options, signal);
  if (securityGroups.length > 0) return { ...(await found), securityGroups };
  const vpcRanges = async (): Promise<readonly string[]> => await rangesOf(api, (await found).vpcId, signal);
  const [known, cidrs] = await Promise.all([found, ingressCidrs(vpcRanges)]);
  onMaking();
  const group = await ensureGroup(api, { vpcId: known.vpcId, clusterName, tags, cidrs }, { recent, signal });
  return { ...known, securityGroups: [group] };
}

/** In a process that has not prepared the cluster. Makes nothing. */
export async function findSite({ api, options, clusterName }: SiteInput, signal: AbortSignal): Promise<Site> {
  const { securityGroups } = options;
  if (securityGroups.length > 0) return { ...(await lookUp(api, options, signal)), securityGroups };
  const [known, groups] = await Promise.all([lookUp(api, options, signal), findGroups(api, clusterName, signal)]);
  if (groups.length > 0) return { ...known, securityGroups: groups.map(({ id }) => id) };
  throw new DaskFleetError("PROVIDER_FAILED", `The security group of ${clusterName} is gone: no machine can be added.`);
}
