import { callsTogether, changing, insisting, waiting } from "../../../src/cloud/plan/planned-calls.ts";
import type { PlannedCall, PlannedCalls, PlanRequest } from "../../../src/provider/plan.ts";
import { azureKinds, type Kind, sizesOf } from "../machines/kinds.ts";
import { makesNetwork } from "../network/network.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";
import { GROUPS } from "../tags/names.ts";

/** A start with a name looks for others of it, at the beginning and again later. */
const LOOKS_FOR_THE_NAME = 2;
/** Lists that show what a cluster left. */
const LISTS = [
  "VirtualMachines_List",
  "VirtualMachineScaleSets_List",
  "NetworkInterfaces_List",
  "PublicIPAddresses_List",
  "Disks_ListByResourceGroup",
  "NetworkSecurityGroups_List",
  "ApplicationSecurityGroups_List",
  "VirtualNetworks_List",
];

/** Azure's calls of a start and a close. */
export function plannedCalls(
  { groups, isNamed }: Pick<PlanRequest, "groups" | "isNamed">,
  options: ResolvedAzureOptions,
): PlannedCalls {
  const kinds = azureKinds(options, groups);
  const { securityGroup } = options;
  const own = { network: makesNetwork(options) ? 1 : 0, firewall: securityGroup === undefined ? 1 : 0 };
  const growing = kinds.filter(({ group }) => group !== undefined && group.size > 0);
  const sets = growing.length;
  const named = isNamed ? LOOKS_FOR_THE_NAME : 0;
  return {
    start: callsTogether(
      changing("VirtualNetworks_CreateOrUpdate", own.network),
      changing("ApplicationSecurityGroups_CreateOrUpdate", own.firewall * GROUPS.length),
      changing("NetworkSecurityGroups_CreateOrUpdate", own.firewall),
      changing("VirtualMachines_CreateOrUpdate", 1),
      ...growing.map(created),
      // Before each is created, and, by the SDK, once it is.
      waiting("VirtualNetworks_Get", 1),
      ...(own.firewall === 1 ? [waiting("ApplicationSecurityGroups_Get", GROUPS.length)] : []),
      waiting("NetworkSecurityGroups_Get", 1),
      waiting("ResourceSkus_List", 1),
      ...(kinds.some((kind) => kind.options.vmImage.id === undefined)
        ? [waiting("VirtualMachineImages_List"), waiting("VirtualMachineImages_Get", 1)]
        : []),
      ...(isNamed ? LISTS.map((name) => waiting(name, named)) : []),
      waiting("VirtualMachines_Get", 1),
      waiting("VirtualMachines_List"),
      waiting("NetworkInterfaces_Get", 1),
      waiting("PublicIPAddresses_Get"),
      waiting("VirtualMachineScaleSets_Get"),
      waiting("VirtualMachineScaleSets_List"),
      waiting("Operations_Get"),
      waiting("OperationResults_Get"),
      waiting("VirtualMachines_InstanceView"),
      waiting("VirtualMachines_RetrieveBootDiagnosticsData"),
    ),
    close: callsTogether(
      insisting("VirtualMachines_Delete", 1),
      // Together where a list has shown that they belong to the set, else one by one.
      perhaps("VirtualMachineScaleSets_DeleteInstances"),
      insisting("VirtualMachineScaleSets_Delete", sets),
      insisting("NetworkSecurityGroups_Delete", own.firewall),
      insisting("ApplicationSecurityGroups_Delete", own.firewall * GROUPS.length),
      insisting("VirtualNetworks_Delete", own.network),
      // What outlived its machine.
      ...["NetworkInterfaces_Delete", "PublicIPAddresses_Delete", "Disks_Delete"].map(perhaps),
      ...LISTS.map((name) => waiting(name, 1)),
      waiting("VirtualMachines_Get"),
      waiting("VirtualMachineScaleSets_Get"),
      waiting("NetworkSecurityGroups_Get"),
      waiting("ApplicationSecurityGroups_Get"),
      waiting("VirtualNetworks_Get"),
      waiting("Operations_Get"),
      waiting("OperationResults_Get"),
    ),
  };
}

/** A set takes a thousand machines. */
function created(kind: Kind): readonly PlannedCall[] {
  const hasFallbacks = kind.options.zones.length > 1 || sizesOf(kind).length > 1;
  return (hasFallbacks ? insisting : changing)("VirtualMachineScaleSets_CreateOrUpdate", 1);
}

function perhaps(name: string): readonly PlannedCall[] {
  return [{ name, least: 0, most: undefined, changes: true }];
}
