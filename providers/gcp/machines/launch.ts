import { batchesOf, derivedUuid } from "../../../src/cloud/api/in-batches.ts";
import { combinedError } from "../../../src/cloud/errors/cloud-error.ts";
import { createWithFallbacks } from "../../../src/cloud/machines/fallbacks.ts";
import {
  type CapacityType,
  nearestFirst,
  typeInWords,
  withCapacityTypes,
} from "../../../src/cloud/machines/placement.ts";
import type { AddressFamily } from "../../../src/cloud/network/address-family.ts";
import { asError } from "../../../src/errors.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { CreatedMachines, MachineRequest } from "../../../src/provider/machine.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { ComputeApi } from "../api/client.ts";
import { regionOf } from "../api/links.ts";
import type { InstanceProperties } from "../api/sdk.ts";
import { GcpError } from "../errors/gcp-error.ts";
import type { Network } from "../network/network.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";
import type { AbandonedOperations } from "./abandoned.ts";
import type { Image } from "./image.ts";
import { instanceProperties } from "./instance-properties.ts";
import type { KindDiscovery } from "./kinds.ts";

/** One way to get machines. */
export interface Candidate {
  readonly zone: string;
  readonly machineType: string;
  readonly image: Image;
  readonly capacityType: CapacityType;
}

/**
 * All candidates for a kind's machines, in order: each capacity type, then each machine type in every zone before the next type, and for
 * workers the scheduler's zone first.
 */
export function candidatesFor(
  role: MachineRole,
  { types }: Pick<KindDiscovery, "types">,
  { spot, schedulerZone }: { readonly spot: ResolvedGcpOptions["spot"]; readonly schedulerZone?: string | undefined },
): readonly Candidate[] {
  const ways = types.flatMap(({ machineType, zones, image }) =>
    nearestFirst(role, zones, schedulerZone, (zone) => zone).map((zone) => ({ zone, machineType, image })),
  );
  return withCapacityTypes(role, spot, ways);
}

export function inWords({ machineType, zone, capacityType }: Omit<Candidate, "image">): string {
  return `${typeInWords(machineType, capacityType)} in ${zone}`;
}

export interface LaunchInput {
  readonly api: ComputeApi;
  readonly identity: ClusterIdentity;
  readonly request: MachineRequest;
  /** The cluster's, overridden by the group's. */
  readonly options: ResolvedGcpOptions;
  readonly network: Network;
  readonly kind: KindDiscovery;
  /** The address family by which clients reach the scheduler. */
  readonly clients: AddressFamily;
  readonly schedulerZone: string | undefined;
  readonly abandoned: AbandonedOperations;
}

/** Machines that one call is to make. */
export interface Batch extends LaunchInput {
  readonly candidate: Candidate;
  readonly count: number;
  readonly properties: InstanceProperties;
  /** The idempotency token: the same for the same request, and never for another. */
  readonly requestId: string;
}

/** Compute Engine's limit for one call. */
export const LARGEST_BATCH = 5000;

/**
 * Launches machines, and falls back to the next candidate while there are too few.
 *
 * @param make the machines of one call
 */
export async function launch(
  input: LaunchInput,
  make: (batch: Batch) => Promise<CreatedMachines>,
): Promise<CreatedMachines> {
  const { request, kind, options, schedulerZone } = input;
  return await createWithFallbacks(
    candidatesFor(request.role, kind, { spot: options.spot, schedulerZone }),
    request.count,
    async (candidate, count) => {
      const { zone, machineType, capacityType } = candidate;
      const properties = instanceProperties({
        ...input,
        clusterName: input.identity.name,
        candidate,
        now: Date.now(),
      });
      const tokenOf = (batch: number, size: number): string =>
        derivedUuid(request.token, request.role, zone, machineType, capacityType, String(batch), String(size));
      const sizes = batchesOf(count, LARGEST_BATCH);
      return await together(
        sizes.map((size, nth) => make({ ...input, candidate, count: size, properties, requestId: tokenOf(nth, size) })),
      );
    },
    {
      describe: inWords,
      quotaOf: ({ machineType, zone, capacityType }) => `${machineType} ${regionOf(zone)} ${capacityType}`,
    },
  );
}

/** What one batch created counts even if another failed. */
async function together(batches: readonly Promise<CreatedMachines>[]): Promise<CreatedMachines> {
  const results = await Promise.allSettled(batches);
  const made = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  const shortfalls = [...errors, ...made.flatMap(({ shortfall }) => shortfall ?? [])];
  return {
    machines: made.flatMap(({ machines }) => machines),
    ...(shortfalls.length === 0 ? {} : { shortfall: combinedError(shortfalls) }),
    uncertain:
      made.some(({ uncertain }) => uncertain === true) ||
      errors.some((error) => !(error instanceof GcpError && error.refused)),
  };
}

/** The outcome of a call that began to create machines and was then lost sight of: some may exist. */
export function unclear(error: unknown, signal: AbortSignal): CreatedMachines {
  signal.throwIfAborted();
  return { machines: [], shortfall: asError(error), uncertain: true };
}
