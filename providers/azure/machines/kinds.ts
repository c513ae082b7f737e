import { isOfNamedGroup, type MachineKind, kindOf, kindsOf, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { WorkerGroup } from "../../../src/provider/worker-group.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";

/** Machines that are asked for alike: the scheduler's, or those of a worker group. */
export type Kind = MachineKind<ResolvedAzureOptions>;

interface Asked {
  readonly role: MachineRole;
  readonly group?: WorkerGroup | undefined;
}

/** The kind of a request's machines. An image and its plan belong together: a group that names one does not inherit the other. */
export function azureKind(cluster: ResolvedAzureOptions, asked: Asked): Kind {
  const { options, ...kind } = kindOf(cluster, asked);
  const isOwn = (name: keyof ResolvedAzureOptions): boolean => Object.hasOwn(asked.group?.options ?? {}, name);
  const [ownImage, ownPlan] = [isOwn("vmImage"), isOwn("marketplacePlan")];
  return {
    ...kind,
    options: {
      ...options,
      ...(ownImage && !ownPlan ? { marketplacePlan: undefined } : {}),
      ...(ownPlan && !ownImage ? { vmImage: {} } : {}),
    },
  };
}

/** All of a cluster, the scheduler's first. */
export function azureKinds(cluster: ResolvedAzureOptions, groups: readonly WorkerGroup[]): readonly Kind[] {
  return kindsOf(cluster, groups).map((kind) => azureKind(cluster, kind));
}

/** The sizes that a kind's machines may have, the preferred one first. */
export function sizesOf({ role, options }: Pick<Kind, "role" | "options">): readonly string[] {
  const { schedulerInstanceType, workerInstanceType, instanceTypes } = options;
  return role === "scheduler" ? [schedulerInstanceType] : [...new Set([workerInstanceType, ...instanceTypes])];
}

/** Whether a kind has these zones of its own accord, and not only because the whole cluster has. */
export function hasOwnZones(kind: Kind): boolean {
  return !isOfNamedGroup(kind) || optionInWords(kind, "zones") !== "zones";
}
