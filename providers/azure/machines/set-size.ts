import type { VirtualMachineScaleSet } from "@azure/arm-compute";

import { BackOff } from "../../../src/back-off.ts";
import { Deadline } from "../../../src/deadline.ts";
import { isWhose } from "../../../src/provider/tags.ts";
import { isNotFound } from "../errors/azure-error.ts";
import { notOurs } from "../tags/tags.ts";
import type { Batch } from "./launch.ts";
import { membersOf } from "./machines.ts";

/** How large a scale set is before it grows. */
export interface SetSize {
  /** Whether Azure knows the set. */
  readonly exists: boolean;
  /** What the next change must match. */
  readonly etag: string | undefined;
  /** The most machines that anything says the set has: asking for fewer would delete some. */
  readonly machines: number;
  /** Names of machines that are there already. */
  readonly old: ReadonlySet<string>;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;

/**
 * Asks the set for its capacity and Azure for the set's machines. Either answer may be stale or wrong for a while (a capacity of 0, a
 * set that is not found, a short list), so both are asked again while they contradict each other or what this process has made. If
 * they still do when lists must be up to date, the largest number counts.
 */
export async function sizeOf(batch: Batch, set: string, signal: AbortSignal): Promise<SetSize> {
  const { api, options, recent } = batch;
  const known = recent.membersOf(set);
  const deadline = new Deadline(options.listLagMs);
  const firstMs = Math.min(FIRST_PAUSE_MS, options.pollIntervalMs);
  const backOff = new BackOff({ firstMs, longestMs: LONGEST_PAUSE_MS, factor: 1.5 }, { deadline, signal });
  for (;;) {
    const isLast = deadline.expired;
    const [found, listed] = await Promise.all([
      scaleSetNamed(batch, set, signal),
      membersOf(api, options.resourceGroup, set, signal),
    ]);
    const names = listed.map(({ name = "" }) => name);
    const leaving = listed.filter(({ provisioningState }) => provisioningState === "Deleting").length;
    const old = new Set([...names, ...known.machines.ids]);
    const least = Math.max(old.size - leaving, known.wanted);
    const told = found === undefined ? 0 : (found.sku?.capacity ?? 0);
    // Machines that are being deleted may still count: a number that has them would buy others in their place, above what is wanted.
    if (told === least || isLast) {
      return { exists: found !== undefined, etag: found?.etag, machines: Math.max(told, least), old };
    }
    await backOff.pause();
  }
}

async function scaleSetNamed(
  { api, options, cluster, recent }: Batch,
  set: string,
  signal: AbortSignal,
): Promise<VirtualMachineScaleSet | undefined> {
  try {
    const found = await api.call("VirtualMachineScaleSets_Get", signal, ({ compute }) =>
      compute.virtualMachineScaleSets.get(options.resourceGroup, set),
    );
    if (isWhose({ name: cluster.name, ids: [cluster.id] }, found.tags)) return found;
    // Whatever was begun there has made nothing.
    recent.scaleSets.forget(set);
    throw notOurs(cluster, { kind: "scale set", name: set, tags: found.tags });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
