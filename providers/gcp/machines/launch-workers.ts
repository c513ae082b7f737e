import { BackOff } from "../../../src/back-off.ts";
import { Deadline } from "../../../src/deadline.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { CreatedMachines, Machine } from "../../../src/provider/machine.ts";
import { groupIn, isWhose } from "../../../src/provider/tags.ts";
import { ended, operationOf } from "../api/operations.ts";
import type { Operation } from "../api/sdk.ts";
import type { GcpFailure } from "../errors/failure.ts";
import { GcpError, failureOfOperation, failureOfOperations, hidesCause } from "../errors/gcp-error.ts";
import { workerPrefix } from "../tags/names.ts";
import { type Batch, inWords, unclear } from "./launch.ts";
import { listInstances, machineOf } from "./machines.ts";

const ACTION = "instances.bulkInsert";
const PAUSES = { firstMs: 100, longestMs: 1000 };

/** Creates as many of the machines as there is capacity for, in one call. */
export async function launchWorkers(batch: Batch, signal: AbortSignal): Promise<CreatedMachines> {
  const { api, identity, candidate, count, properties, requestId, abandoned } = batch;
  const { zone } = candidate;
  const place = { project: api.project, zone };
  const prefix = workerPrefix(identity.name, requestId);
  const bulkInsertInstanceResourceResource = {
    count: String(count),
    // As many as there are.
    minCount: "1",
    namePattern: `${prefix}####`,
    instanceProperties: properties,
  };
  const begun = await api.call(
    "instances",
    "bulkInsert",
    signal,
    (client, options) => client.bulkInsert({ ...place, requestId, bulkInsertInstanceResourceResource }, options),
    { onLeft: (call) => abandoned.follow(call.then(operationOf), place) },
  );
  const operation = operationOf(begun);
  let made: Made;
  try {
    made = await waited(batch, { operation, prefix }, signal);
  } catch (error) {
    return unclear(error, signal);
  }
  const { machines, count: counted } = made;
  // An operation that ended and counts no machine left none, whatever its status.
  if (counted === 0 && made.counts)
    return { machines, shortfall: await whyFewer(batch, made, signal), uncertain: false };
  if (counted === 0) throw await whyFewer(batch, made, signal);
  const uncertain = machines.length < counted;
  if (counted >= count) {
    return uncertain ? { machines, shortfall: notListed(counted, machines.length), uncertain } : { machines };
  }
  return { machines, shortfall: await whyFewer(batch, made, signal), uncertain };
}

/** The outcome of an operation. */
interface Made {
  /** Machines that there are, as the operation counts them. */
  readonly count: number;
  /** Whether it counts them at all. */
  readonly counts: boolean;
  /** Those that lists show. */
  readonly machines: readonly Machine[];
  readonly failure: GcpFailure | undefined;
  readonly groupId: string;
}

async function waited(
  batch: Batch,
  { operation, prefix }: { readonly operation: Operation; readonly prefix: string },
  signal: AbortSignal,
): Promise<Made> {
  const { api, candidate, abandoned } = batch;
  const place = { project: api.project, zone: candidate.zone };
  let done: Operation;
  try {
    done = await ended(api, operation, place, signal);
  } catch (error) {
    abandoned.add(operation, place);
    throw error;
  }
  const failure = failureOfOperation(done, api.asked(ACTION));
  const counted = countIn(done, candidate.zone);
  const count = counted ?? (failure === undefined ? batch.count : 0);
  return {
    count,
    counts: counted !== undefined,
    machines: count === 0 ? [] : await listed(batch, { prefix, count }, signal),
    failure,
    groupId: done.operationGroupId ?? "",
  };
}

/** How many machines there are now, as the operation counts them. */
function countIn({ instancesBulkInsertOperationMetadata: metadata }: Operation, zone: string): number | undefined {
  const counts = metadata?.perLocationStatus?.[`zones/${zone}`];
  if (counts === undefined) return undefined;
  return (counts.createdVmCount ?? 0) - (counts.deletedVmCount ?? 0);
}

/** The machines, once lists show all of them; or those that they show at the deadline. */
async function listed(
  { api, identity, request, candidate, options }: Batch,
  { prefix, count }: { readonly prefix: string; readonly count: number },
  signal: AbortSignal,
): Promise<readonly Machine[]> {
  const deadline = new Deadline(options.listLagMs);
  const backOff = new BackOff(PAUSES, { deadline, signal });
  for (;;) {
    const filter = `name eq ${prefix}.*`;
    const instances = await listInstances(api, { filter, zones: [candidate.zone] }, signal);
    const machines = instances
      .filter(({ labels }) => isWhose(identity, labels ?? {}))
      .map((instance) => ({ ...machineOf(instance), group: groupIn(request.tags) }));
    if (machines.length >= count || deadline.expired) return machines;
    await backOff.pause();
  }
}

/**
 * A call that created some of the machines succeeds, and one that created none may only say that there are too few. Each machine that
 * was not created has an operation that says why.
 */
async function whyFewer(batch: Batch, { groupId, failure, count }: Made, signal: AbortSignal): Promise<Error> {
  if (failure !== undefined && !hidesCause(failure)) return new GcpError(failure);
  const cause =
    (groupId === "" ? undefined : await groupFailure(batch, groupId, signal).catch(() => undefined)) ?? failure;
  return cause === undefined ? tooFew(batch, count) : new GcpError(cause);
}

async function groupFailure(
  { api, candidate }: Batch,
  groupId: string,
  signal: AbortSignal,
): Promise<GcpFailure | undefined> {
  const { project } = api;
  const { zone } = candidate;
  const filter = `operationGroupId = ${groupId}`;
  const operations = await api.list("zoneOperations", "list", signal, (client, options) =>
    client.listAsync({ project, zone, filter }, options),
  );
  const asked = api.asked(ACTION);
  const telling = operations.filter((operation) => {
    const failure = failureOfOperation(operation, asked);
    return failure !== undefined && !hidesCause(failure);
  });
  return failureOfOperations(telling, asked);
}

/** Where Compute Engine gives no reason. */
function tooFew({ candidate, count }: Batch, made: number): DaskFleetError {
  return new DaskFleetError(
    "CAPACITY_UNAVAILABLE",
    `Google had capacity for only ${made} of ${count} machines of ${inWords(candidate)}.`,
  );
}

function notListed(made: number, listed: number): DaskFleetError {
  return new DaskFleetError(
    "PROVIDER_FAILED",
    `Compute Engine reports ${made} created machines, but lists only ${listed} of them.`,
    { meaning: "transient" },
  );
}
