import {
  type CapacityType,
  nearestFirst,
  typeInWords,
  withCapacityTypes,
} from "../../../src/cloud/machines/placement.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";

/** One way to get machines. */
export interface Candidate {
  readonly size: string;
  /** Undefined: wherever in the location Azure likes. */
  readonly zone: string | undefined;
  readonly capacityType: CapacityType;
}

/** All ways to get machines of a role, in the order in which they are tried: each capacity type, for workers the scheduler's zone first. */
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
