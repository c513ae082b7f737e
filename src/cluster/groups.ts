import * as z from "zod";

import { DaskFleetError } from "../errors.ts";
import {
  DEFAULT_GROUP,
  GROUP_NAME,
  type GroupSizes,
  type GroupedOptions,
  type WorkerGroup,
  groupsNamed,
  withinBounds,
} from "../provider/worker-group.ts";

const size = z.int().min(0);

/** Checks a {@link WorkerGroup}: what a record has, too. */
export const workerGroupSchema = z
  .object({
    name: z.string().regex(GROUP_NAME),
    size,
    minimum: size.default(0),
    maximum: size.optional(),
    quorum: size,
    options: z.record(z.string(), z.unknown()).readonly().default({}),
  })
  .readonly()
  .refine(
    ({ size: start, minimum, maximum = Infinity, quorum }) => minimum <= start && start <= maximum && quorum <= start,
    {
      error: "a group starts with a size between its minimum and its maximum, and its quorum is no larger than that",
    },
  );

export const workerGroupsSchema = z
  .array(workerGroupSchema)
  .min(1)
  .refine((groups) => new Set(groups.map(({ name }) => name)).size === groups.length, {
    error: "two groups have one name",
  })
  .readonly();

/**
 * The worker groups of a cluster, checked.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for inconsistent groups
 */
export function groupsOf(options: Pick<GroupedOptions, "groups" | "nWorkers" | "minWorkers">): readonly WorkerGroup[] {
  const parsed = workerGroupsSchema.safeParse(groupsNamed(options));
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ message }) => message).join("; ");
  throw new DaskFleetError("CONFIG_INVALID", `The worker groups are inconsistent: ${reasons}.`);
}

/** The number of machines of each group at the start. */
export function startSizes(groups: readonly WorkerGroup[]): GroupSizes {
  return Object.fromEntries(groups.map(({ name, size }) => [name, size]));
}

/** No machine of any group. */
export function noWorkers(groups: readonly Pick<WorkerGroup, "name">[]): GroupSizes {
  return Object.fromEntries(groups.map(({ name }) => [name, 0]));
}

/** @throws DaskFleetError `CONFIG_INVALID` for an unknown group, or a size out of bounds */
export function assertWithinBounds(sizes: GroupSizes, cluster: { group(name: string): WorkerGroup }): void {
  for (const [name, machines] of Object.entries(sizes)) {
    const { minimum, maximum } = cluster.group(name);
    if (withinBounds(machines, { minimum, maximum }) === machines) continue;
    const bounds = maximum === undefined ? `at least ${minimum}` : `${minimum} to ${maximum}`;
    throw new DaskFleetError(
      "CONFIG_INVALID",
      `Expected ${bounds} machines for the worker group ${name}, got ${machines}`,
    );
  }
}

/** Sizes as text: `3 workers`, or `2 cpu workers and 1 gpu worker`. */
export function sizesInWords(sizes: GroupSizes): string {
  return Object.entries(sizes)
    .map(([name, machines]) => {
      if (name === DEFAULT_GROUP) return `${machines} workers`;
      return `${machines} ${name} ${machines === 1 ? "worker" : "workers"}`;
    })
    .join(" and ");
}
