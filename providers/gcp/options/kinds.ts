import { kindsOf, type MachineKind } from "../../../src/cloud/machines/kinds.ts";
import { groupsNamed } from "../../../src/provider/worker-group.ts";
import type { AttachedGpus } from "./default-type.ts";
import type { ResolvedGcpOptions } from "./resolved-options.ts";

/** Machines that are asked for alike. */
export type GcpKind = MachineKind<ResolvedGcpOptions>;

/** The types of a kind's machines, the preferred one first. */
export function typesOf({ role, options }: GcpKind): readonly string[] {
  const { schedulerInstanceType, workerInstanceType, instanceTypes } = options;
  return role === "scheduler" ? [schedulerInstanceType] : [...new Set([workerInstanceType, ...instanceTypes])];
}

export function attachedGpusOf({ role, options }: GcpKind): AttachedGpus {
  return role === "scheduler"
    ? { nGpus: options.schedulerNGpus, gpuType: options.schedulerGpuType }
    : { nGpus: options.workerNGpus, gpuType: options.workerGpuType };
}

/** The kinds of the cluster's machines, as its options have them. */
export function allKinds(options: ResolvedGcpOptions): readonly GcpKind[] {
  return kindsOf(options, groupsNamed(options));
}

/** The zones of all kinds of machines, the cluster's first. */
export function allZones(options: ResolvedGcpOptions): readonly string[] {
  return [...new Set(allKinds(options).flatMap((kind) => kind.options.zones))];
}
