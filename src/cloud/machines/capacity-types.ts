import type { MachineRole } from "../../provider/role.ts";
import type { ResolvedVmOptions } from "../cloud-options.ts";

/** Whether machines of a role are asked for on the spot market, in the order in which that is tried. The scheduler is never there. */
export function marketsOf(role: MachineRole, spot: ResolvedVmOptions["spot"]): readonly boolean[] {
  if (role === "scheduler" || spot === false) return [false];
  return spot === true ? [true] : [true, false];
}
