import type { CreatedMachines } from "../../src/cluster/machine.ts";
import { Deadline } from "../../src/deadline.ts";
import { DaskFleetError } from "../../src/errors.ts";
import { sleep } from "../../src/wait.ts";
import { addressesOf } from "./addresses.ts";
import { type Batch, onceAccepted } from "./launch.ts";
import { failureOf, hasRoom, machineNamed, memberOf } from "./machines.ts";
import { schedulerName } from "./names.ts";
import { begin, gone, look, type Operation } from "./operations.ts";
import { beginDeletionOf } from "./terminate.ts";
import { machineModel } from "./vm-model.ts";

const FIRST_PAUSE_MS = 50;
/** Azure lets a machine be looked at twelve times a minute, after a first three dozen. */
const LONGEST_PAUSE_MS = 3000;

/**
 * Makes the scheduler's machine, with all it has, in one call, and answers as soon as Azure has found a place for it and its
 * private address is known, which is before it has booted: the workers can be made meanwhile.
 */
export async function launchScheduler(batch: Batch, signal: AbortSignal): Promise<CreatedMachines> {
  const { api, clusterName, options, model } = batch;
  const name = schedulerName(clusterName);
  const creation = await begin(
    api,
    { action: "VirtualMachines_CreateOrUpdate", service: "compute" },
    signal,
    (client) => client.virtualMachines.createOrUpdate(options.resourceGroup, name, machineModel(model, name)),
  );
  return await onceAccepted(whenPlaced(batch, name, creation, signal));
}

async function whenPlaced(
  batch: Batch,
  name: string,
  creation: Operation,
  signal: AbortSignal,
): Promise<CreatedMachines> {
  const { api, options } = batch;
  let appearing: Deadline | undefined;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    const vm = await machineNamed(api, options.resourceGroup, name, signal);
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
    await sleep(pauseMs, signal);
  }
}

function vanished(name: string): DaskFleetError {
  return new DaskFleetError("PROVIDER_FAILED", `Azure made the machine ${name}, but does not have it any more.`, {
    meaning: "gone",
  });
}

/** What the operation says, if it has ended by now. */
async function whyFailed({ api }: Batch, creation: Operation, signal: AbortSignal): Promise<Error | undefined> {
  await look(api, creation, signal);
  return creation.failure;
}
