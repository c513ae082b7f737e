import { throwRejected } from "../../../src/cloud/errors/cloud-error.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { AzureApi } from "../api/client.ts";
import { remove, inTurn } from "../api/operations.ts";
import { membersOf, type Place, scaleSetsOf } from "../machines/machines.ts";
import type { RecentResources } from "../machines/recent-resources.ts";
import { removeNetwork } from "./own-network.ts";
import { removeStrays } from "./strays.ts";

/**
 * Removes what outlives a cluster's machines: the empty scale sets, parts that have outlived their machine, and last the network.
 * A refusal does not stop the rest.
 *
 * @throws DaskFleetError while something is in use, or may still come into Azure's lists
 */
export async function release(
  api: AzureApi,
  { resourceGroup, identity, recent }: Place & { readonly recent: RecentResources },
  signal: AbortSignal,
): Promise<void> {
  const steps: readonly (() => Promise<void>)[] = [
    () => removeScaleSets(api, { resourceGroup, identity, recent }, signal),
    () => removeStrays(api, { resourceGroup, whose: identity }, signal),
    () => removeNetwork(api, { identity, resourceGroup, recent: recent.network }, signal),
  ];
  throwRejected(await inTurn(steps, signal));
}

async function removeScaleSets(
  api: AzureApi,
  { resourceGroup, identity, recent }: Place & { readonly recent: RecentResources },
  signal: AbortSignal,
): Promise<void> {
  const sets = await scaleSetsOf(api, { resourceGroup, identity }, recent.scaleSets.ids, signal);
  throwRejected(
    await Promise.allSettled(sets.map(({ name: set }) => removeScaleSet(api, { resourceGroup, set, recent }, signal))),
  );
}

/** Only when it is empty: what Azure does with the machines of a set that is deleted depends on how it is asked. */
async function removeScaleSet(
  api: AzureApi,
  {
    resourceGroup,
    set,
    recent,
  }: { readonly resourceGroup: string; readonly set: string; readonly recent: RecentResources },
  signal: AbortSignal,
): Promise<void> {
  const members = await membersOf(api, resourceGroup, set, signal);
  if (members.length > 0) {
    const ids = members.map(({ name }) => name).join(", ");
    throw new DaskFleetError("PROVIDER_FAILED", `The scale set ${set} still has machines: ${ids}.`);
  }
  const action = { action: "VirtualMachineScaleSets_Delete", service: "compute" } as const;
  await remove(api, action, signal, (client) => client.virtualMachineScaleSets.delete(resourceGroup, set));
  recent.scaleSets.forget(set);
}
