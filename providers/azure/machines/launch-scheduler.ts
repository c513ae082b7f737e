import { BackOff } from "../../../src/back-off.ts";
import { Deadline } from "../../../src/deadline.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { CreatedMachines } from "../../../src/provider/machine.ts";
import { isWhose, ownerOf } from "../../../src/provider/tags.ts";
import { poll } from "../../../src/wait.ts";
import { begin, gone, look, Operation, pauseFor } from "../api/operations.ts";
import { AzureError } from "../errors/azure-error.ts";
import { addressesOf } from "../network/addresses.ts";
import { schedulerName } from "../tags/names.ts";
import { notOurs } from "../tags/tags.ts";
import { type Batch, onceAccepted } from "./launch.ts";
import { failureOf, hasRoom, machineNamed, memberOf } from "./machines.ts";
import { beginDeletionOf } from "./terminate.ts";
import { machineModel } from "./vm-model.ts";

const CREATE = { action: "VirtualMachines_CreateOrUpdate", service: "compute" } as const;
/** Of the machine that is there already. */
const LEAST_PAUSE_MS = 50;
const FIRST_PAUSE_MS = 500;
/** Azure lets a machine be looked at twelve times a minute, after a first three dozen. */
const LONGEST_PAUSE_MS = 3000;

/**
 * Makes the scheduler's machine, with all it has, in one call, and answers as soon as Azure has found a place for it and its
 * private address is known, which is before it has booted: the workers can be made meanwhile.
 */
export async function launchScheduler(batch: Batch, signal: AbortSignal): Promise<CreatedMachines> {
  const { cluster } = batch;
  const name = schedulerName(cluster.name);
  const creation = await create(batch, name, signal);
  return await onceAccepted(whenPlaced(batch, name, creation, signal));
}

/**
 * Only what is new: Azure would change a machine that is there into what is asked for.
 *
 * @throws DaskFleetError `CONFIG_INVALID` where another cluster has the name
 */
async function create(batch: Batch, name: string, signal: AbortSignal): Promise<Operation> {
  const { api, cluster, options, model } = batch;
  try {
    return await begin(api, CREATE, signal, (client) =>
      client.virtualMachines.createOrUpdate(options.resourceGroup, name, machineModel(model, name), {
        ifNoneMatch: "*",
      }),
    );
  } catch (error) {
    if (!(error instanceof AzureError && error.status === 412)) throw error;
    const vm = await poll(async () => machineNamed(api, options.resourceGroup, name, signal), {
      what: `the machine ${name}, which Azure says is there`,
      deadline: new Deadline(options.listLagMs, signal),
      intervalMs: LEAST_PAUSE_MS,
    });
    if (!isWhose({ name: cluster.name, ids: [cluster.id] }, vm.tags)) {
      throw notOurs(cluster, { kind: "virtual machine", name, tags: vm.tags });
    }
    // An attempt of this call whose answer was lost created it.
    return new Operation(CREATE.action, CREATE.service, { state: "", isDone: true });
  }
}

async function whenPlaced(
  batch: Batch,
  name: string,
  creation: Operation,
  signal: AbortSignal,
): Promise<CreatedMachines> {
  const { api, cluster, options } = batch;
  let appearing: Deadline | undefined;
  const firstMs = pauseFor(api, FIRST_PAUSE_MS);
  const backOff = new BackOff({ firstMs, longestMs: LONGEST_PAUSE_MS, factor: 1.5 }, { signal });
  for (;;) {
    const vm = await machineNamed(api, options.resourceGroup, name, signal);
    const isOwn = isWhose({ name: cluster.name, ids: [cluster.id] }, vm?.tags);
    // One without our tags is our own: it was made for this call, and somebody has changed them.
    if (vm !== undefined && ownerOf(vm.tags) !== undefined && !isOwn)
      throw notOurs(cluster, { kind: "virtual machine", name, tags: vm.tags });
    if (vm === undefined || vm.provisioningState === "Failed") {
      const failure = await whyFailed(batch, creation, signal);
      // What was made may be unknown for a moment, but not for longer.
      if (creation.isDone) appearing ??= new Deadline(options.listLagMs);
      const isGone = vm === undefined && appearing?.expired === true;
      const reason = failure ?? (isGone ? vanished(name) : vm && failureOf(api, vm));
      if (reason !== undefined) {
        // It stays, and its name is taken, until it is deleted.
        await gone(api, beginDeletionOf(api, options.resourceGroup, name, signal), signal);
        return { machines: [], shortfall: reason };
      }
    } else if (hasRoom(vm)) {
      const { privateAddress, publicAddress } = await addressesOf(api, vm, signal);
      if (privateAddress !== undefined) {
        return { machines: [{ ...memberOf(vm).machine, privateAddress, publicAddress }] };
      }
    }
    await backOff.pause();
  }
}

function vanished(name: string): DaskFleetError {
  return new DaskFleetError("PROVIDER_FAILED", `Azure created the machine ${name}, but it does not exist any more.`, {
    meaning: "gone",
  });
}

/** What the operation says, if it has ended by now. */
async function whyFailed({ api }: Batch, creation: Operation, signal: AbortSignal): Promise<Error | undefined> {
  await look(api, creation, signal);
  return creation.failure;
}
