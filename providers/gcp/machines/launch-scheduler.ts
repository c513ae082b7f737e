import { BackOff } from "../../../src/back-off.ts";
import { hasAddresses } from "../../../src/cloud/machines/addresses.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { CreatedMachines, Machine } from "../../../src/provider/machine.ts";
import { nameTaken } from "../../../src/provider/name-taken.ts";
import { isWhose, ownerOf } from "../../../src/provider/tags.ts";
import { ended, operationOf } from "../api/operations.ts";
import type { Instance } from "../api/sdk.ts";
import { GcpError, failureOfOperation, isAlreadyThere } from "../errors/gcp-error.ts";
import { machineId, schedulerName } from "../tags/names.ts";
import { instanceFrom } from "./instance-properties.ts";
import { type Batch, unclear } from "./launch.ts";
import { instanceNamed, machineOf } from "./machines.ts";

const PAUSES = { firstMs: 50, longestMs: 500, factor: 1.5 };
/** Its resources are allocated: it cannot fail for lack of capacity any more. */
const UNDER_ROOF: ReadonlySet<string> = new Set(["STAGING", "RUNNING"]);

interface Watch {
  /** Called when a machine's creation fails after it was accepted. */
  readonly onLateFailure: (machine: Machine, failure: Error) => void;
  readonly signal: AbortSignal;
}

/**
 * Makes the scheduler's machine and answers as soon as its addresses are known, which is before it runs: the workers can be made
 * meanwhile.
 */
export async function launchScheduler(batch: Batch, { onLateFailure, signal }: Watch): Promise<CreatedMachines> {
  const { api, identity, candidate, properties, requestId, abandoned } = batch;
  const place = { project: api.project, zone: candidate.zone };
  const name = schedulerName(identity.name);
  const instanceResource = instanceFrom(properties, { name, zone: candidate.zone });
  const operation = operationOf(
    await unlessTaken(batch, name, signal, async () =>
      api.call(
        "instances",
        "insert",
        signal,
        (client, options) => client.insert({ ...place, instanceResource, requestId }, options),
        { onLeft: (call) => abandoned.follow(call.then(operationOf), place) },
      ),
    ),
  );
  const outcome: { failure?: GcpError } = {};
  const made = (async () => {
    const failed = failureOfOperation(await ended(api, operation, place, signal), api.asked("instances.insert"));
    if (failed === undefined) return;
    outcome.failure = new GcpError(failed);
    throw outcome.failure;
  })();
  const looking = new AbortController();
  try {
    const early = await Promise.race([
      made.then(() => undefined),
      untilUnderRoof(batch, name, AbortSignal.any([signal, looking.signal])),
    ]);
    const machine = early ?? asAnswer(batch, await look(batch, name, signal), name);
    // A wait that failed says nothing of the machine.
    made.catch(() => (outcome.failure === undefined ? undefined : onLateFailure(machine, outcome.failure)));
    return { machines: [machine] };
  } catch (error) {
    const { failure } = outcome;
    if (failure !== undefined) return await unlessTaken(batch, name, signal, () => Promise.reject(failure));
    abandoned.add(operation, place);
    return unclear(error, signal);
  } finally {
    looking.abort();
  }
}

/** Looks until its addresses are known. */
async function untilUnderRoof(batch: Batch, name: string, signal: AbortSignal): Promise<Machine> {
  const backOff = new BackOff(PAUSES, { signal });
  for (;;) {
    await backOff.pause();
    const instance = await look(batch, name, signal);
    if (!UNDER_ROOF.has(instance?.status ?? "")) continue;
    const machine = completed(batch, instance);
    if (machine !== undefined) return machine;
  }
}

/** Its own machine, and no other that has the name. */
async function look(
  { api, candidate, identity }: Batch,
  name: string,
  signal: AbortSignal,
): Promise<Instance | undefined> {
  const instance = await instanceNamed(api, { zone: candidate.zone, name }, signal);
  return isWhose(identity, instance?.labels ?? {}) ? instance : undefined;
}

/** @throws DaskFleetError `CONFIG_INVALID` in place of "already exists" where another cluster has the name */
async function unlessTaken<Answer>(
  { api, candidate, identity }: Batch,
  name: string,
  signal: AbortSignal,
  making: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await making();
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    const instance = await instanceNamed(api, { zone: candidate.zone, name }, signal);
    const labels = instance?.labels ?? {};
    // Its own, of an earlier try: the error says that.
    if (instance === undefined || isWhose(identity, labels)) throw error;
    const things = [{ kind: "instance", id: machineId(candidate.zone, name) }];
    throw nameTaken(identity.name, [{ id: ownerOf(labels)?.id, things }]);
  }
}

/** The machine, once its addresses are known. */
function completed({ options, clients }: Batch, instance: Instance | undefined): Machine | undefined {
  if (instance === undefined) return undefined;
  const machine = machineOf(instance, clients);
  return hasAddresses(machine, options.publicIp) ? machine : undefined;
}

function asAnswer(batch: Batch, instance: Instance | undefined, name: string): Machine {
  const machine = completed(batch, instance);
  if (machine !== undefined) return machine;
  const what = instance === undefined ? "it is gone already" : `it has no address (${instance.status})`;
  throw new DaskFleetError("MACHINE_CREATE_FAILED", `Compute Engine created the machine ${name}, but ${what}.`);
}
