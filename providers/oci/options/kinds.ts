import { kindsOf, type MachineKind } from "../../../src/cloud/machines/kinds.ts";
import { groupsNamed } from "../../../src/provider/worker-group.ts";
import type { ResolvedOciOptions } from "./resolved-options.ts";

/** Machines that are asked for alike. */
export type OciKind = MachineKind<ResolvedOciOptions>;

/** The shapes of a kind's machines, the preferred one first. */
export function shapesOf({ role, options }: Pick<OciKind, "role" | "options">): readonly string[] {
  const { schedulerInstanceType, workerInstanceType, instanceTypes } = options;
  return role === "scheduler" ? [schedulerInstanceType] : [...new Set([workerInstanceType, ...instanceTypes])];
}

/** What options say of the size of a kind's machines, for flexible shapes. */
export interface SizeWishes {
  readonly ocpus: number | undefined;
  readonly memoryInGBs: number | undefined;
}

export function sizeOf({ role, options }: Pick<OciKind, "role" | "options">): SizeWishes {
  const { ocpus, memoryInGBs, schedulerOcpus = ocpus, schedulerMemoryInGBs = memoryInGBs } = options;
  return role === "scheduler" ? { ocpus: schedulerOcpus, memoryInGBs: schedulerMemoryInGBs } : { ocpus, memoryInGBs };
}

/** The kinds of the cluster's machines, as its options have them. */
export function allKinds(options: ResolvedOciOptions): readonly OciKind[] {
  return kindsOf(options, groupsNamed(options));
}
