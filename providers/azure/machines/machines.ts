import type { VirtualMachine, VirtualMachineScaleSet } from "@azure/arm-compute";

import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import type { Machine, MachineState } from "../../../src/provider/machine.ts";
import { groupIn, isWhose, type Whose } from "../../../src/provider/tags.ts";
import type { AzureApi } from "../api/client.ts";
import { nameIn } from "../api/resource-id.ts";
import { type AzureError, explain, failureOfMachine, isNotFound } from "../errors/azure-error.ts";
import { schedulerName } from "../tags/names.ts";

/** A cluster's place: everything of it is in one resource group. */
export interface Place {
  readonly resourceGroup: string;
  readonly identity: ClusterIdentity;
}

/** Where to look for what clusters have made. */
export interface Where {
  readonly resourceGroup: string;
  readonly whose: Whose;
}

/** What Azure's power states mean. Azure charges for `stopped`, too: only a machine that is deallocated or deleted costs nothing. */
const BY_POWER: Readonly<Record<string, MachineState>> = {
  creating: "pending",
  starting: "pending",
  running: "running",
  stopping: "stopped",
  stopped: "stopped",
  deallocating: "stopped",
  deallocated: "stopped",
};

/** A machine, and where it is. */
export interface Member {
  readonly machine: Machine;
  readonly scaleSet: string | undefined;
  readonly zone: string | undefined;
  /** Azure's own id of the virtual machine: another machine of the same name has another. */
  readonly vmId: string | undefined;
}

/** A cluster's machines: the scheduler's, and those of its scale sets. */
export async function listMachines(
  api: AzureApi,
  { resourceGroup, identity }: Place,
  asked: Promise<readonly OwnSet[]>,
  signal: AbortSignal,
): Promise<readonly Member[]> {
  const [scheduler, sets] = await Promise.all([
    machineNamed(api, resourceGroup, schedulerName(identity.name), signal),
    asked,
  ]);
  const workers = await Promise.all(
    sets.map(async ({ name, group }) => {
      const members = await membersOf(api, resourceGroup, name, signal);
      return members.map((vm) => memberOf(vm, group));
    }),
  );
  const alone = scheduler !== undefined && isWhose(identity, scheduler.tags) ? [memberOf(scheduler)] : [];
  return [...alone, ...workers.flat()];
}

/** A machine with its power state; undefined where none has that name. */
export async function machineNamed(
  api: AzureApi,
  resourceGroup: string,
  name: string,
  signal: AbortSignal,
): Promise<VirtualMachine | undefined> {
  try {
    return await api.call("VirtualMachines_Get", signal, ({ compute }) =>
      compute.virtualMachines.get(resourceGroup, name, { expand: "instanceView" }),
    );
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The machines of a scale set with their power states, which only this list has. */
export async function membersOf(
  api: AzureApi,
  resourceGroup: string,
  scaleSet: string,
  signal: AbortSignal,
): Promise<readonly VirtualMachine[]> {
  const id = `/subscriptions/${api.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/${scaleSet}`;
  const options = { filter: `'virtualMachineScaleSet/id' eq '${id}'`, expand: "instanceView" } as const;
  try {
    return await api.list("VirtualMachines_List", signal, ({ compute }) =>
      compute.virtualMachines.list(resourceGroup, options),
    );
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** The scale sets of one cluster, of all of a name, or of all. */
export async function listScaleSets(
  api: AzureApi,
  { resourceGroup, whose }: Where,
  signal: AbortSignal,
): Promise<readonly VirtualMachineScaleSet[]> {
  const sets = await allScaleSets(api, resourceGroup, signal);
  return sets.filter(({ tags }) => isWhose(whose, tags));
}

/** A scale set of the cluster. */
export interface OwnSet {
  readonly name: string;
  /** As its tags say; undefined where no list shows them, and for `default`. */
  readonly group: string | undefined;
}

/**
 * The cluster's scale sets.
 *
 * @param known those that the list may lack; one that it has, and that is another's, is not this cluster's, whatever was known
 */
export async function scaleSetsOf(
  api: AzureApi,
  { resourceGroup, identity }: Place,
  known: readonly string[],
  signal: AbortSignal,
): Promise<readonly OwnSet[]> {
  const sets = await allScaleSets(api, resourceGroup, signal);
  const nameOf = ({ name = "" }: VirtualMachineScaleSet): string => name.toLowerCase();
  const listed = new Set(sets.map(nameOf));
  const own = sets
    .filter(({ tags }) => isWhose(identity, tags))
    .map(({ name = "", tags }) => ({ name, group: groupIn(tags) }));
  const unlisted = known.filter((name) => !listed.has(name.toLowerCase()));
  return [...own, ...unlisted.map((name) => ({ name, group: undefined }))];
}

async function allScaleSets(
  api: AzureApi,
  resourceGroup: string,
  signal: AbortSignal,
): Promise<readonly VirtualMachineScaleSet[]> {
  return await api.list("VirtualMachineScaleSets_List", signal, ({ compute }) =>
    compute.virtualMachineScaleSets.list(resourceGroup),
  );
}

/**
 * A virtual machine as a `Machine`. Its addresses are its interface's. Those of a scale set are workers, whatever tags
 * Azure gives them.
 *
 * @param group of its scale set
 */
export function memberOf(vm: VirtualMachine, group: string | undefined = groupIn(vm.tags)): Member {
  const { name = "", osProfile, virtualMachineScaleSet, zones, vmId } = vm;
  const scaleSet = nameIn(virtualMachineScaleSet?.id).toLowerCase();
  const machine: Machine = {
    id: name,
    nodeName: osProfile?.computerName ?? name,
    role: scaleSet === "" ? "scheduler" : "worker",
    group: scaleSet === "" ? undefined : group,
    state: stateOf(vm),
  };
  return { machine, scaleSet: scaleSet === "" ? undefined : scaleSet, zone: zones?.[0], vmId };
}

/**
 * Whether Azure has found a place for it: from here on, it cannot fail for lack of capacity. One that is off already had its
 * place.
 */
export function hasRoom(vm: VirtualMachine): boolean {
  const power = powerOf(vm);
  if (power === undefined) return vm.provisioningState === "Succeeded";
  return power === "starting" || power === "running" || (power !== "creating" && vm.provisioningState !== "Failed");
}

/** Why a machine could not be made; undefined where it could, or where Azure does not say. */
export function failureOf(api: AzureApi, vm: VirtualMachine): AzureError | undefined {
  if (vm.provisioningState !== "Failed") return undefined;
  const said = vm.instanceView?.statuses?.find(({ code }) => /^ProvisioningState\/failed/i.test(code ?? ""));
  const [, , reason = "Failed"] = said?.code?.split("/") ?? [];
  const message = said?.message ?? "Azure does not say why.";
  return explain(failureOfMachine(reason, message, api.asked(`the machine ${vm.name}`)));
}

function stateOf(vm: VirtualMachine): MachineState {
  if (vm.provisioningState === "Deleting") return "ending";
  const power = powerOf(vm);
  if (vm.provisioningState === "Creating") return power === "running" ? "running" : "pending";
  if (power !== undefined) return BY_POWER[power] ?? "running";
  return vm.provisioningState === "Failed" ? "stopped" : "running";
}

function powerOf({ instanceView }: VirtualMachine): string | undefined {
  return instanceView?.statuses?.find(({ code }) => code?.startsWith("PowerState/"))?.code?.split("/")[1];
}
