import {
  type CapacityType,
  nearestFirst,
  typeInWords,
  withCapacityTypes,
} from "../../../src/cloud/machines/placement.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";

/** One way to get machines. */
export interface Candidate {
  readonly zone: string;
  readonly machineType: string;
  readonly capacityType: CapacityType;
}

/** All ways to get machines of a role, in the order in which they are tried: each capacity type, for workers the scheduler's zone first. */
export function candidatesFor(
  role: MachineRole,
  { machineType, zones }: { readonly machineType: string; readonly zones: readonly string[] },
  { spot, schedulerZone }: { readonly spot: ResolvedGcpOptions["spot"]; readonly schedulerZone?: string | undefined },
): readonly Candidate[] {
  const ordered = nearestFirst(role, zones, schedulerZone, (zone) => zone);
  return withCapacityTypes(
    role,
    spot,
    ordered.map((zone) => ({ zone, machineType })),
  );
}

export function inWords({ machineType, zone, capacityType }: Candidate): string {
  return `${typeInWords(machineType, capacityType)} in ${zone}`;
}
