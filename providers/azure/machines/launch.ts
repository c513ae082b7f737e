import { createWithFallbacks } from "../../../src/cloud/machines/fallbacks.ts";
import { kindKey } from "../../../src/cloud/machines/kinds.ts";
import {
  type CapacityType,
  nearestFirst,
  typeInWords,
  withCapacityTypes,
} from "../../../src/cloud/machines/placement.ts";
import { asError } from "../../../src/errors.ts";
import type { CreatedMachines, MachineRequest } from "../../../src/provider/machine.ts";
import type { AzureApi } from "../api/client.ts";
import { type Membership, membershipOf } from "../network/firewall.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";
import type { Named } from "../tags/names.ts";
import type { Discovery, FoundSize } from "./discovery.ts";
import { azureKind, type Kind } from "./kinds.ts";
import type { RecentResources } from "./recent-resources.ts";
import type { ModelInput } from "./vm-model.ts";

/** One way to get machines. */
export interface Candidate {
  readonly found: FoundSize;
  /** The place of the size among the kind's: 0 for the preferred one. */
  readonly rank: number;
  /** Undefined: wherever in the location Azure likes. */
  readonly zone: string | undefined;
  readonly capacityType: CapacityType;
}

/**
 * All candidates for a kind's machines, in order: each capacity type, then each size in every zone before the next size, and for
 * workers the scheduler's zone first.
 */
export function candidatesFor(
  { role, options: { spot } }: Kind,
  sizes: readonly FoundSize[],
  schedulerZone: string | undefined,
): readonly Candidate[] {
  const ways = sizes.flatMap((found, rank) => {
    const ordered = nearestFirst(role, found.zones, schedulerZone, (zone) => zone);
    return (ordered.length === 0 ? [undefined] : ordered).map((zone) => ({ found, rank, zone }));
  });
  return withCapacityTypes(role, spot, ways);
}

export function inWords({ found: { size }, zone, capacityType }: Candidate): string {
  return `${typeInWords(size, capacityType)}${zone === undefined ? "" : ` in zone ${zone}`}`;
}

export interface LaunchInput {
  readonly api: AzureApi;
  readonly cluster: Named;
  readonly request: MachineRequest;
  /** The cluster's; in a {@link Batch}, those of its machines. */
  readonly options: ResolvedAzureOptions;
  readonly discovery: Discovery;
  /** The public key of machines whose options name none. */
  readonly spareKey: string;
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
  const { cluster, request, discovery, spareKey, schedulerZone } = input;
  const kind = azureKind(input.options, request);
  const { options } = kind;
  const sshKeys = options.sshKeys.length === 0 ? [spareKey] : options.sshKeys;
  const sizes = discovery.sizes.get(kindKey(kind)) ?? [];
  return await createWithFallbacks(
    candidatesFor(kind, sizes, schedulerZone),
    request.count,
    async (candidate, count) => {
      const { subnet } = discovery.network;
      const membership = behind(input);
      const model = { clusterName: cluster.name, request, options, candidate, subnet, membership, sshKeys };
      return await make({ ...input, options, model, count });
    },
    // A quota is a location's, for each capacity type.
    { describe: inWords, quotaOf: ({ found, capacityType }) => `${found.size} ${capacityType}` },
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
