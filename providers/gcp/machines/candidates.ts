import { marketsOf } from "../../../src/cloud/machines/capacity-types.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";

/** One way to get machines. */
export interface Candidate {
  readonly zone: string;
  readonly machineType: string;
  readonly spot: boolean;
}

/**
 * All ways to get machines of a role, in the order in which they are tried: everything on the spot market before anything outside
 * it, and for workers the scheduler's zone before others, since Google charges for traffic between zones.
 */
export function candidatesFor(
  role: MachineRole,
  { machineType, zones }: { readonly machineType: string; readonly zones: readonly string[] },
  { spot, schedulerZone }: { readonly spot: ResolvedGcpOptions["spot"]; readonly schedulerZone?: string | undefined },
): readonly Candidate[] {
  const near = zones.filter((zone) => zone === schedulerZone);
  const ordered = role === "worker" ? [...near, ...zones.filter((zone) => zone !== schedulerZone)] : zones;
  return marketsOf(role, spot).flatMap((isSpot) => ordered.map((zone) => ({ zone, machineType, spot: isSpot })));
}

export function inWords({ machineType, zone, spot }: Candidate): string {
  return `${machineType}${spot ? " (spot)" : ""} in ${zone}`;
}
