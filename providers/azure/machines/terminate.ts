import { chunksOf, mapLimited } from "../../../src/cloud/api/in-batches.ts";
import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import type { KnownEnds } from "../../../src/cloud/machines/known-ends.ts";
import type { AzureApi, Services } from "../api/client.ts";
import { begin, type Operation, type Poller } from "../api/operations.ts";
import { AzureError, isNotFound } from "../errors/azure-error.ts";
import { membersOf } from "./machines.ts";
import type { RecentResources } from "./recent-resources.ts";

const CALLS_AT_ONCE = 10;
const LARGEST_BATCH = 1000;

interface Doomed {
  readonly resourceGroup: string;
  readonly ids: readonly string[];
  /** The scale set of each that is in one. */
  readonly setOf: (id: string) => string | undefined;
  readonly ends: KnownEnds;
  readonly recent: RecentResources;
}

/** Machines of one scale set. */
interface Members {
  readonly resourceGroup: string;
  readonly set: string;
  readonly ids: readonly string[];
}

/**
 * Deletes machines, those of a scale set in one call. Those that are already gone are a success. A failure does not stop the others.
 *
 * @throws DaskFleetError for those that may still exist
 */
export async function terminate(
  api: AzureApi,
  { resourceGroup, ids, setOf, ends, recent }: Doomed,
  signal: AbortSignal,
): Promise<void> {
  const bySet = [...Map.groupBy(ids, setOf)];
  throwRejected(
    await Promise.allSettled(
      bySet.map(async ([set, members]) => {
        if (set === undefined) await deleteEach(api, resourceGroup, members, signal);
        else {
          await deleteMembers(api, { resourceGroup, set, ids: members }, signal);
          recent.membersOf(set).remove(members);
        }
        for (const id of members) ends.deleted(id);
      }),
    ),
  );
}

/** Azure deletes all of a call's machines or, if one is no member of the set any more, none. */
export async function deleteMembers(
  api: AzureApi,
  { resourceGroup, set, ids }: Members,
  signal: AbortSignal,
): Promise<void> {
  try {
    await deleteTogether(api, { resourceGroup, set, ids }, signal);
    return;
  } catch (error) {
    if (!isRefusedForOne(error)) throw error;
  }
  const members = await membersOf(api, resourceGroup, set, signal);
  const there = new Set(
    members.flatMap(({ name = "", provisioningState }) => (provisioningState === "Deleting" ? [] : [name])),
  );
  try {
    await deleteTogether(api, { resourceGroup, set, ids: ids.filter((id) => there.has(id)) }, signal);
  } catch (error) {
    if (!isRefusedForOne(error)) throw error;
    await deleteEach(api, resourceGroup, ids, signal);
  }
}

async function deleteTogether(api: AzureApi, { resourceGroup, set, ids }: Members, signal: AbortSignal): Promise<void> {
  const action = { action: "VirtualMachineScaleSets_DeleteInstances", service: "compute" } as const;
  for (const instanceIds of chunksOf(ids, LARGEST_BATCH)) {
    await beginDeletion(api, action, signal, (client, how) =>
      client.virtualMachineScaleSets.deleteInstances(resourceGroup, set, { instanceIds }, how),
    );
  }
}

async function deleteEach(
  api: AzureApi,
  resourceGroup: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const results = await mapLimited(ids, CALLS_AT_ONCE, async (id) => {
    try {
      await beginDeletionOf(api, resourceGroup, id, signal);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  });
  throwRejected(results);
}

/** The deletion of one machine. */
export async function beginDeletionOf(
  api: AzureApi,
  resourceGroup: string,
  id: string,
  signal: AbortSignal,
): Promise<Operation> {
  const action = { action: "VirtualMachines_Delete", service: "compute" } as const;
  return await beginDeletion(api, action, signal, (client, how) =>
    client.virtualMachines.delete(resourceGroup, id, how),
  );
}

/** Without waiting for the system to shut down, where Azure can do so: it cannot for every machine. */
async function beginDeletion(
  api: AzureApi,
  action: { readonly action: string; readonly service: "compute" },
  signal: AbortSignal,
  start: (client: Services["compute"], how: { readonly forceDeletion?: true }) => Poller,
): Promise<Operation> {
  try {
    return await begin(api, action, signal, (client) => start(client, { forceDeletion: true }));
  } catch (error) {
    if (!(error instanceof AzureError && error.cloudCode === "OperationNotAllowed")) throw error;
    return await begin(api, action, signal, (client) => start(client, {}));
  }
}

function isRefusedForOne(error: unknown): boolean {
  return error instanceof AzureError && (error.status === 400 || error.status === 404);
}
