import type { VirtualMachine, VirtualMachineScaleSet } from "@azure/arm-compute";

import { mapLimited } from "../../../src/cloud/api/in-batches.ts";
import type { TaggedResource } from "../../../src/provider/machine.ts";
import { isWhose, timeOf, ownerOf, taggedMachine, taggedResource } from "../../../src/provider/tags.ts";
import type { AzureApi } from "../api/client.ts";
import { listScaleSets, machineNamed, memberOf, membersOf, type Where } from "../machines/machines.ts";
import { findNetworks } from "../network/own-network.ts";
import { findStrays } from "../network/strays.ts";
import type { Tags } from "./tags.ts";

const CALLS_AT_ONCE = 5;

/** All resources of these clusters that still exist. */
export async function findTaggedThings(
  api: AzureApi,
  where: Where,
  signal: AbortSignal,
): Promise<readonly TaggedResource[]> {
  const sets = listScaleSets(api, where, signal);
  const [machines, ours, strays, networks] = await Promise.all([
    findMachines(api, where, sets, signal),
    sets,
    findStrays(api, where, signal),
    findNetworks(api, where, signal),
  ]);
  return [
    ...machines.map(({ vm, tags }) => {
      const createdAt = timeOf(vm.timeCreated?.toISOString());
      const instanceType = vm.hardwareProfile?.vmSize;
      return taggedMachine("virtual machine", { ...memberOf(vm).machine, createdAt, instanceType }, tags);
    }),
    ...ours.map(({ name = "", ...set }) => taggedResource("scale set", name, tagsOf(set))),
    ...[...strays, ...networks].map(({ kind, name, tags }) => taggedResource(kind, name, tags)),
  ];
}

interface Tagged {
  readonly vm: VirtualMachine;
  /** Its own, or its scale set's where Azure has not given it those. */
  readonly tags: Tags;
}

/** A list of all machines says nothing of their power: that is asked for by scale set, and of the others one by one. */
async function findMachines(
  api: AzureApi,
  { resourceGroup, whose }: Where,
  sets: Promise<readonly VirtualMachineScaleSet[]>,
  signal: AbortSignal,
): Promise<readonly Tagged[]> {
  const [listed, ourSets] = await Promise.all([
    api.list<VirtualMachine>("VirtualMachines_List", signal, ({ compute }) =>
      compute.virtualMachines.list(resourceGroup),
    ),
    sets,
  ]);
  const setTags = new Map(ourSets.map(({ name = "", ...set }) => [name.toLowerCase(), tagsOf(set)]));
  const ours = listed.flatMap((vm): Tagged[] => {
    const { scaleSet = "" } = memberOf(vm);
    const tags = isWhose(whose, vm.tags) ? vm.tags : ownerOf(vm.tags) === undefined ? setTags.get(scaleSet) : undefined;
    return tags === undefined ? [] : [{ vm, tags }];
  });
  const places = ours.map(({ vm }) => memberOf(vm));
  const inSets = new Set(places.flatMap(({ scaleSet = [] }) => scaleSet));
  const alone = places.filter(({ scaleSet }) => scaleSet === undefined).map(({ machine }) => machine.id);
  const looks = [
    ...[...inSets].map((set) => async () => await membersOf(api, resourceGroup, set, signal)),
    ...alone.map((name) => async () => [await machineNamed(api, resourceGroup, name, signal)]),
  ];
  const results = await mapLimited(looks, CALLS_AT_ONCE, async (look) => await look());
  const powers = results.flatMap((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value.filter((vm) => vm !== undefined);
  });
  const known = new Map(powers.map((vm) => [vm.name, vm]));
  return ours.map(({ vm, tags }) => ({ vm: known.get(vm.name) ?? vm, tags }));
}

function tagsOf({ tags }: { readonly tags?: Tags }): Tags {
  return tags ?? {};
}
