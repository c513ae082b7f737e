import { marketsOf } from "../../../src/cloud/machines/capacity-types.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";

/** One way to get machines. */
export interface Candidate {
  readonly size: string;
  /** Undefined: wherever in the location Azure likes. */
  readonly zone: string | undefined;
  readonly spot: boolean;
}

/**
 * All ways to get machines of a role, in the order in which they are tried: everything on the spot market before anything outside
 * it, and for workers the scheduler's zone before others, where the way to it is short.
 */
export function candidatesFor(
  role: MachineRole,
  size: string,
  {
    zones,
    spot,
    schedulerZone,
  }: Pick<ResolvedAzureOptions, "zones" | "spot"> & { readonly schedulerZone: string | undefined },
): readonly Candidate[] {
  const near = zones.filter((zone) => zone === schedulerZone);
  const ordered = role === "worker" ? [...near, ...zones.filter((zone) => zone !== schedulerZone)] : zones;
  const places = ordered.length === 0 ? [undefined] : ordered;
  return marketsOf(role, spot).flatMap((isSpot) => places.map((zone) => ({ size, zone, spot: isSpot })));
}

export function inWords({ size, zone, spot }: Candidate): string {
  return `${size}${spot ? " (spot)" : ""}${zone === undefined ? "" : ` in zone ${zone}`}`;
}
