import type { VirtualMachine } from "@azure/arm-compute";

import type { TaggedResource } from "../../src/cluster/machine.ts";
import { taggedMachine, taggedResource } from "../../src/cluster/tags.ts";
import { mapLimited } from "../../src/vm/in-batches.ts";
import type { AzureApi } from "./client.ts";
import { listScaleSets, machineNamed, memberOf, membersOf } from "./machines.ts";
import { findNetworks } from "./own-network.ts";
import { findStrays } from "./strays.ts";
import { isOurs, type Tags } from "./tags.ts";

const CALLS_AT_ONCE = 5;

interface Where {
  readonly resourceGroup: string;
  /** Undefined: of all clusters. */
  readonly clusterName: string | undefined;
}

/** Everything that clusters have made and that still exists, of one cluster or of all. */
export async function findTaggedThings(
  api: AzureApi,
  where: Where,
  signal: AbortSignal,
): Promise<readonly TaggedResource[]> {
  const { resourceGroup, clusterName } = where;
  const [machines, sets, strays, networks] = await Promise.all([
    findMachines(api, where, signal),
    listScaleSets(api, resourceGroup, clusterName, signal),
    findStrays(api, where, signal),
    findNetworks(api, where, signal),
  ]);
  return [
    ...machines.map((vm) => taggedMachine("virtual machine", memberOf(vm).machine, tagsOf(vm))),
    ...sets.map(({ name = "", ...set }) => taggedResource("scale set", name, tagsOf(set))),
    ...[...strays, ...networks].map(({ kind, name, tags }) => taggedResource(kind, name, tags)),
  ];
}

/** A list of all machines says nothing of their power: that is asked for by scale set, and of the others one by one. */
async function findMachines(
  api: AzureApi,
  { resourceGroup, clusterName }: Where,
  signal: AbortSignal,
): Promise<readonly VirtualMachine[]> {
  const listed = await api.list<VirtualMachine>("VirtualMachines_List", signal, ({ compute }) =>
    compute.virtualMachines.list(resourceGroup),
  );
  const ours = listed.filter(({ tags }) => isOurs(tags, clusterName));
  const sets = new Set(ours.flatMap((vm) => memberOf(vm).scaleSet ?? []));
  const alone = ours.filter((vm) => memberOf(vm).scaleSet === undefined).map(({ name = "" }) => name);
  const looks = [
    ...[...sets].map((set) => async () => await membersOf(api, resourceGroup, set, signal)),
    ...alone.map((name) => async () => [await machineNamed(api, resourceGroup, name, signal)]),
  ];
  const results = await mapLimited(looks, CALLS_AT_ONCE, async (look) => await look());
  const powers = results.flatMap((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value.filter((vm) => vm !== undefined);
  });
  const known = new Map(powers.map((vm) => [vm.name, vm]));
  return ours.map((vm) => known.get(vm.name) ?? vm);
}

function tagsOf({ tags }: { readonly tags?: Tags }): Tags {
  return tags ?? {};
}
