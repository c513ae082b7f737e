import type { VirtualMachine } from "@azure/arm-compute";

import { BackOff } from "../../../src/back-off.ts";
import { Deadline } from "../../../src/deadline.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { CreatedMachines } from "../../../src/provider/machine.ts";
import { groupIn } from "../../../src/provider/tags.ts";
import { type Operation, look } from "../api/operations.ts";
import { AzureError } from "../errors/azure-error.ts";
import { scaleSetName } from "../tags/names.ts";
import { type Growing, full, grow } from "./grow.ts";
import { type Batch, onceAccepted } from "./launch.ts";
import { failureOf, hasRoom, memberOf, membersOf } from "./machines.ts";
import { deleteMembers } from "./terminate.ts";

/** Azure allocates machines within seconds, or says that it has no capacity. */
const FIRST_PAUSE_MS = 500;

/** Makes workers in the scale set of their group, zone, capacity type and size, as many as there is capacity for: one call creates the set or grows it. */
export async function launchWorkers(batch: Batch, signal: AbortSignal): Promise<CreatedMachines> {
  const group = groupIn(batch.request.tags);
  const set = scaleSetName(batch.cluster.name, batch.model.candidate, group);
  batch.recent.membersOf(set).group = group;
  return await onceAccepted(grown(batch, await grow(batch, set, signal), signal));
}

/** What a growth created; members that failed are removed again. */
async function grown(batch: Batch, growing: Growing, signal: AbortSignal): Promise<CreatedMachines> {
  const { api, recent, request } = batch;
  const { set, count, growth } = growing;
  const known = recent.membersOf(set);
  const made = await waited(batch, growing, signal);
  const failed = made.filter((vm) => vm.provisioningState === "Failed" && !hasRoom(vm));
  const machines = made
    .filter((vm) => !failed.includes(vm))
    .map((vm) => ({ ...memberOf(vm).machine, group: groupIn(request.tags) }));
  known.machines.add(machines.map(({ id }) => id));
  if (made.length >= count || growth.failure !== undefined) known.settle();
  if (failed.length > 0) await removeFailed(batch, set, failed, signal);
  if (machines.length >= batch.count) return { machines };
  const [reason] = failed.map((vm) => failureOf(api, vm));
  const failure = wasOvertaken(growth) ? undefined : growth.failure;
  const shortfall = reason ?? failure ?? (count < batch.count ? full(set) : notListed(set, machines.length, count));
  const uncertain = made.length < count && failure === undefined;
  return { machines, shortfall, uncertain };
}

/**
 * The new machines, once Azure has found a place for each or has given it up. That may be long before the operation ends, which waits
 * for all systems to be up.
 */
async function waited(
  { api, options }: Batch,
  { set, old, count, growth }: Growing,
  signal: AbortSignal,
): Promise<readonly VirtualMachine[]> {
  const { listLagMs, pollIntervalMs } = options;
  let lists: Deadline | undefined;
  // The list tells of each machine; the operation, of the whole.
  let nextLookAt = performance.now() + (growth.toldMs ?? 0);
  const firstMs = Math.min(FIRST_PAUSE_MS, pollIntervalMs);
  const backOff = new BackOff({ firstMs, longestMs: pollIntervalMs, factor: 1.5 }, { signal });
  for (;;) {
    if (performance.now() >= nextLookAt) {
      await look(api, growth, signal);
      nextLookAt = performance.now() + (growth.toldMs ?? 0);
    }
    if (growth.isDone) lists ??= new Deadline(listLagMs);
    const isLast = lists?.expired ?? false;
    const members = await membersOf(api, options.resourceGroup, set, signal);
    const made = members.filter(
      ({ name = "", provisioningState }) => !old.has(name) && provisioningState !== "Deleting",
    );
    const settled = made.filter((vm) => hasRoom(vm) || vm.provisioningState === "Failed");
    if (settled.length >= count || isLast) return made;
    await backOff.pause();
  }
}

/** They stay, and count, until they are deleted. Where that fails, they are found stopped, and deleted then. */
async function removeFailed(
  { api, options, recent }: Batch,
  set: string,
  failed: readonly VirtualMachine[],
  signal: AbortSignal,
): Promise<void> {
  const ids = failed.map(({ name = "" }) => name);
  try {
    await deleteMembers(api, { resourceGroup: options.resourceGroup, set, ids }, signal);
    recent.membersOf(set).remove(ids);
  } catch (error) {
    if (!(error instanceof AzureError)) throw error;
  }
}

/** Another change of the set came after it, and goes on with what it has begun. */
function wasOvertaken({ failure }: Operation): boolean {
  return failure !== undefined && /^Canceled|^OperationPreempted$/.test(failure.cloudCode);
}

function notListed(set: string, listed: number, made: number): DaskFleetError {
  return new DaskFleetError(
    "PROVIDER_FAILED",
    `Azure reports ${made} new machines in the scale set ${set}, but lists only ${listed} of them.`,
  );
}
