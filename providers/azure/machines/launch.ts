import { createWithFallbacks } from "../../../src/cloud/machines/fallbacks.ts";
import {
  type CapacityType,
  nearestFirst,
  typeInWords,
  withCapacityTypes,
} from "../../../src/cloud/machines/placement.ts";
import { asError } from "../../../src/errors.ts";
import type { CreatedMachines, MachineRequest } from "../../../src/provider/machine.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { AzureApi } from "../api/client.ts";
import { type Membership, membershipOf } from "../network/firewall.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";
import type { Named } from "../tags/names.ts";
import type { Discovery } from "./discovery.ts";
import type { RecentResources } from "./recent-resources.ts";
import type { ModelInput } from "./vm-model.ts";

/** One way to get machines. */
export interface Candidate {
  readonly size: string;
  /** Undefined: wherever in the location Azure likes. */
  readonly zone: string | undefined;
  readonly capacityType: CapacityType;
}

/** All candidates for a role's machines, in order: each capacity type, for workers the scheduler's zone first. */
export function candidatesFor(
  role: MachineRole,
  size: string,
  {
    zones,
    spot,
    schedulerZone,
  }: Pick<ResolvedAzureOptions, "zones" | "spot"> & { readonly schedulerZone: string | undefined },
): readonly Candidate[] {
  const ordered = nearestFirst(role, zones, schedulerZone, (zone) => zone);
  const places = ordered.length === 0 ? [undefined] : ordered;
  return withCapacityTypes(
    role,
    spot,
    places.map((zone) => ({ size, zone })),
  );
}

export function inWords({ size, zone, capacityType }: Candidate): string {
  return `${typeInWords(size, capacityType)}${zone === undefined ? "" : ` in zone ${zone}`}`;
}

export interface LaunchInput {
  readonly api: AzureApi;
  readonly cluster: Named;
  readonly request: MachineRequest;
  readonly options: ResolvedAzureOptions;
  readonly discovery: Discovery;
  readonly sshKeys: readonly string[];
  readonly schedulerZone: string | undefined;
  readonly recent: RecentResources;
}

/** Machines of one candidate. */
export interface Batch extends LaunchInput {
  readonly model: ModelInput;
  readonly count: number;
}

/**
 * Launches machines, and falls back to the next candidate while there are too few.
 *
 * @param make the machines of one candidate
 */
export async function launch(
  input: LaunchInput,
  make: (batch: Batch) => Promise<CreatedMachines>,
): Promise<CreatedMachines> {
  const { cluster, request, options, discovery, sshKeys, schedulerZone } = input;
  const role = discovery.roles[request.role];
  const { zones, spot } = options;
  return await createWithFallbacks(
    candidatesFor(request.role, role.size, { zones, spot, schedulerZone }),
    request.count,
    async (candidate, count) => {
      const { subnet } = discovery.network;
      const membership = behind(input);
      const model = { clusterName: cluster.name, request, options, role, candidate, subnet, membership, sshKeys };
      return await make({ ...input, model, count });
    },
    // A quota is a location's, for each capacity type.
    { describe: inWords, quotaOf: ({ size, capacityType }) => `${size} ${capacityType}` },
  );
}

/**
 * The outcome of a creation that Azure accepted. If looking at it fails for any reason, even a refusal, machines may exist.
 */
export async function onceAccepted(looking: Promise<CreatedMachines>): Promise<CreatedMachines> {
  try {
    return await looking;
  } catch (error) {
    const shortfall = asError(error);
    return { machines: [], shortfall, uncertain: true };
  }
}

function behind({ api, cluster, request, options, discovery }: LaunchInput): Membership {
  return discovery.securityGroup === undefined
    ? membershipOf(api, { resourceGroup: options.resourceGroup, cluster }, request.role)
    : { securityGroup: discovery.securityGroup, groups: [] };
}
