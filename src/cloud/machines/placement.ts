import type { MachineRole } from "../../provider/role.ts";
import type { ResolvedVmOptions } from "../cloud-options.ts";

/** How a cloud sells a machine: spot machines are cheap and may be taken back at any time. */
export type CapacityType = "spot" | "on-demand";

/** The capacity types that a role's machines may have, the preferred one first. The scheduler is never a spot machine. */
export function capacityTypesOf(role: MachineRole, spot: ResolvedVmOptions["spot"]): readonly CapacityType[] {
  if (role === "scheduler" || spot === false) return ["on-demand"];
  return spot === true ? ["spot"] : ["spot", "on-demand"];
}

/** Each of these ways to get machines with the first capacity type, then each with the next. */
export function withCapacityTypes<Way>(
  role: MachineRole,
  spot: ResolvedVmOptions["spot"],
  ways: readonly Way[],
): readonly (Way & { readonly capacityType: CapacityType })[] {
  return capacityTypesOf(role, spot).flatMap((capacityType) => ways.map((way) => ({ ...way, capacityType })));
}

/** For errors: `m7i.large (spot)`. */
export function typeInWords(machineType: string, capacityType: CapacityType): string {
  return capacityType === "spot" ? `${machineType} (spot)` : machineType;
}

/**
 * Places in the order in which a role's machines are asked for: for workers the scheduler's zone first. Clouds charge for traffic
 * between zones, and the way is longer.
 *
 * @param schedulerZone undefined where it is not known, or the scheduler is in none
 */
export function nearestFirst<Place>(
  role: MachineRole,
  places: readonly Place[],
  schedulerZone: string | undefined,
  zoneOf: (place: Place) => string,
): readonly Place[] {
  if (role === "scheduler" || schedulerZone === undefined) return places;
  const isNear = (place: Place): boolean => zoneOf(place) === schedulerZone;
  return [...places.filter(isNear), ...places.filter((place) => !isNear(place))];
}

/** Whether a role's machines have public addresses. */
export function hasPublicIp(
  role: MachineRole,
  { publicIp, workerPublicIp }: Pick<ResolvedVmOptions, "publicIp" | "workerPublicIp">,
): boolean {
  return role === "scheduler" ? publicIp : workerPublicIp;
}
