import type { VirtualMachine } from "@azure/arm-compute";

import type { CreatedMachines } from "../../src/cluster/machine.ts";
import { Deadline } from "../../src/deadline.ts";
import { DaskFleetError } from "../../src/errors.ts";
import { sleep } from "../../src/wait.ts";
import { AzureError, isNotFound } from "./errors.ts";
import { type Batch, onceAccepted } from "./launch.ts";
import { failureOf, hasRoom, memberOf, membersOf } from "./machines.ts";
import { scaleSetName } from "./names.ts";
import { begin, look, type Operation } from "./operations.ts";
import { isOurs, notOurs } from "./tags.ts";
import { deleteMembers } from "./terminate.ts";
import { scaleSetModel } from "./vm-model.ts";

/** A scale set takes no more machines. */
const LARGEST_SET = 1000;
/** Azure finds places for machines within seconds, or says that there are none. */
const FIRST_PAUSE_MS = 500;

/** Makes workers in the scale set of their zone and market, as many as there are to be had: one call makes the set, or lets it grow. */
export async function launchWorkers(batch: Batch, signal: AbortSignal): Promise<CreatedMachines> {
  const { api, clusterName, options, model, recent } = batch;
  const set = scaleSetName(clusterName, model.candidate);
  const capacity = await capacityOf(batch, set, signal);
  const before = capacity === undefined ? [] : await membersOf(api, options.resourceGroup, set, signal);
  // Lists may lack what is there since a moment ago.
  const old = new Set([...before.map(({ name = "" }) => name), ...recent.machines.ids]);
  const count = Math.min(batch.count, LARGEST_SET - (capacity ?? 0));
  if (count <= 0) throw full(set);
  recent.scaleSets.add([set]);
  const growth = await grow(batch, { set, capacity, count }, signal);
  return await onceAccepted(grown(batch, { set, old, count, growth }, signal));
}

/** What of a growth is there; what could not be made is removed again. */
async function grown(batch: Batch, growing: Growing, signal: AbortSignal): Promise<CreatedMachines> {
  const { api, recent } = batch;
  const { set, count, growth } = growing;
  const made = await waited(batch, growing, signal);
  const failed = made.filter((vm) => vm.provisioningState === "Failed" && !hasRoom(vm));
  const machines = made.filter((vm) => !failed.includes(vm)).map((vm) => memberOf(vm).machine);
  recent.machines.add(machines.map(({ id }) => id));
  if (failed.length > 0) await removeFailed(batch, set, failed, signal);
  if (machines.length >= batch.count) return { machines };
  const [reason] = failed.map((vm) => failureOf(api, vm));
  const failure = wasOvertaken(growth) ? undefined : growth.failure;
  const shortfall = reason ?? failure ?? (count < batch.count ? full(set) : notListed(set, machines.length, count));
  const uncertain = made.length < count && failure === undefined;
  return { machines, shortfall, uncertain };
}

/** How many machines the set says it has; undefined where there is no such set yet. */
async function capacityOf(
  { api, options, clusterName }: Batch,
  set: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const { sku, tags } = await api.call("VirtualMachineScaleSets_Get", signal, ({ compute }) =>
      compute.virtualMachineScaleSets.get(options.resourceGroup, set),
    );
    if (!isOurs(tags, clusterName)) throw notOurs("scale set", set);
    return sku?.capacity ?? 0;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** What is asked for is a number of machines that should be there, so asking twice for the same makes none twice. */
async function grow(
  { api, options, model }: Batch,
  { set, capacity, count }: { readonly set: string; readonly capacity: number | undefined; readonly count: number },
  signal: AbortSignal,
): Promise<Operation> {
  const { resourceGroup } = options;
  if (capacity === undefined) {
    const action = { action: "VirtualMachineScaleSets_CreateOrUpdate", service: "compute" } as const;
    return await begin(api, action, signal, (client) =>
      client.virtualMachineScaleSets.createOrUpdate(resourceGroup, set, scaleSetModel(model, count)),
    );
  }
  const sku = { name: model.candidate.size, capacity: capacity + count };
  return await begin(api, { action: "VirtualMachineScaleSets_Update", service: "compute" }, signal, (client) =>
    client.virtualMachineScaleSets.update(resourceGroup, set, { sku }),
  );
}

interface Growing {
  readonly set: string;
  /** Machines that were there before. */
  readonly old: ReadonlySet<string>;
  readonly count: number;
  readonly growth: Operation;
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
  let nextLookAt = 0;
  for (let pauseMs = Math.min(FIRST_PAUSE_MS, pollIntervalMs); ; pauseMs = Math.min(pollIntervalMs, pauseMs * 1.5)) {
    if (performance.now() >= nextLookAt) nextLookAt = performance.now() + ((await look(api, growth, signal)) ?? 0);
    if (growth.isDone) lists ??= new Deadline(listLagMs);
    const isLast = lists?.expired ?? false;
    const members = await membersOf(api, options.resourceGroup, set, signal);
    const made = members.filter(
      ({ name = "", provisioningState }) => !old.has(name) && provisioningState !== "Deleting",
    );
    const settled = made.filter((vm) => hasRoom(vm) || vm.provisioningState === "Failed");
    if (settled.length >= count || isLast) return made;
    await sleep(pauseMs, signal);
  }
}

/** They stay, and count, until they are deleted. Where that fails, they are found stopped, and deleted then. */
async function removeFailed(
  { api, options }: Batch,
  set: string,
  failed: readonly VirtualMachine[],
  signal: AbortSignal,
): Promise<void> {
  const ids = failed.map(({ name = "" }) => name);
  try {
    await deleteMembers(api, { resourceGroup: options.resourceGroup, set, ids }, signal);
  } catch (error) {
    if (!(error instanceof AzureError)) throw error;
  }
}

/** Another change of the set came after it, and goes on with what it has begun. */
function wasOvertaken({ failure }: Operation): boolean {
  return failure !== undefined && /^Canceled|^OperationPreempted$/.test(failure.reason);
}

function full(set: string): DaskFleetError {
  return new DaskFleetError(
    "CAPACITY_UNAVAILABLE",
    `The scale set ${set} has ${LARGEST_SET.toLocaleString("en-US")} machines, and Azure takes no more in one: set several \`zones\`, which have one each.`,
  );
}

function notListed(set: string, listed: number, made: number): DaskFleetError {
  return new DaskFleetError(
    "PROVIDER_FAILED",
    `Azure says that the scale set ${set} has got ${made} more machines, but lists only ${listed} of them.`,
  );
}
