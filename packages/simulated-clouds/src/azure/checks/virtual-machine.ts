import { ApiError, conflict, invalidParameter, missingParameter } from "../api-error.ts";
import type { IdentityBody } from "../bodies/machine-parts.ts";
import type { VmBody } from "../bodies/virtual-machine.ts";
import type { Account } from "../state/account.ts";
import { resourceId } from "../state/shelf.ts";
import type { Vm, VmPlan } from "../state/vm.ts";
import { checkFit, checkPlan, imageOf } from "./image.ts";
import { nicPlans } from "./network-profile.ts";
import { checkOsProfile } from "./os-profile.ts";
import { checkSecurity } from "./security.ts";
import { sizeOf } from "./size.ts";
import { checkTags } from "./tags.ts";

interface Where {
  readonly group: string;
  readonly name: string;
  /** Already as Azure writes it. */
  readonly location: string;
  /** The scale set that makes it, which then has the defaults of its own. */
  readonly scaleSet?: string | undefined;
}

/** Everything that a VM is asked for with, found and found well. @throws ApiError */
export function vmPlan(account: Account, { group, name, location, scaleSet }: Where, body: VmBody): VmPlan {
  if (!/^[^\s_/\\"[\]:|<>+=;,?*@&.][^\s/\\"[\]:|<>+=;,?*@&]{0,63}$/u.test(name) || /[.-]$/u.test(name)) {
    throw invalidParameter(`The entity name '${name}' is invalid according to its validation rule.`, "vmName");
  }
  const { tags = {}, zones, identity, plan, properties } = body;
  checkTags(tags);
  if (properties === undefined) throw missingParameter("properties");
  if (scaleSet === undefined && (zones?.length ?? 0) > 1) {
    throw invalidParameter("A virtual machine can be in one zone only.", "zones");
  }
  const { priority = "Regular", hardwareProfile, storageProfile, osProfile, networkProfile } = properties;
  const spot = priority !== "Regular";
  const size = sizeOf(hardwareProfile?.vmSize, location, zones, spot);
  const image = imageOf(storageProfile?.imageReference, account.images, location);
  checkFit(image, size, storageProfile?.osDisk);
  checkPlan(image, plan, account.termsAccepted);
  checkSpot(properties, spot);
  checkSecurity(properties, image, size);
  checkIdentity(account, identity);
  const { computerName, userData } = checkOsProfile(osProfile);
  const joined = scaleSet ?? properties.virtualMachineScaleSet?.id;
  if (joined !== undefined && account.scaleSets.byId(joined) === undefined && scaleSet === undefined) {
    throw new ApiError(404, "NotFound", `The Virtual Machine Scale Set '${joined}' was not found.`);
  }
  if (scaleSet !== undefined && storageProfile?.osDisk?.name !== undefined) {
    throw invalidParameter("Parameter 'osDisk.name' is not allowed.", "osDisk.name");
  }
  const { name: diskName, diskSizeGB, deleteOption, managedDisk } = storageProfile?.osDisk ?? {};
  return {
    group,
    name,
    location,
    zone: zones?.[0],
    size,
    image,
    spot,
    evictionPolicy: spot ? (properties.evictionPolicy ?? "Deallocate") : undefined,
    computerName,
    userData,
    nics: nicPlans(account, networkProfile, {
      id: resourceId(group, "Microsoft.Compute/virtualMachines", name),
      location,
      scaleSet: scaleSet !== undefined,
    }),
    disk: {
      name: diskName,
      sizeGb: diskSizeGB ?? image.diskSizeGb,
      sku: managedDisk?.storageAccountType ?? "Premium_LRS",
      deletes: scaleSet === undefined ? deleteOption === "Delete" : deleteOption !== "Detach",
    },
    scaleSet: joined,
    tags,
    identity,
    bootDiagnostics: properties.diagnosticsProfile?.bootDiagnostics?.enabled ?? false,
    body,
  };
}

function checkSpot({ evictionPolicy, billingProfile }: NonNullable<VmBody["properties"]>, spot: boolean): void {
  if (!spot && evictionPolicy !== undefined) {
    throw conflict(
      "OperationNotAllowed",
      "Eviction policy can be set only on Azure Spot Virtual Machines.",
      "evictionPolicy",
    );
  }
  const { maxPrice = -1 } = billingProfile ?? {};
  if (!spot && billingProfile?.maxPrice !== undefined && maxPrice !== -1) {
    throw conflict(
      "OperationNotAllowed",
      "Max price can be set only on Azure Spot Virtual Machines.",
      "billingProfile.maxPrice",
    );
  }
  if (maxPrice !== -1 && maxPrice <= 0) {
    throw invalidParameter(
      "The value of parameter billingProfile.maxPrice is invalid: it is -1, or greater than 0.",
      "billingProfile.maxPrice",
    );
  }
}

function checkIdentity({ identities }: Account, identity: IdentityBody | undefined): void {
  if (identity === undefined) return;
  const asked = Object.keys(identity.userAssignedIdentities ?? {});
  const user = identity.type?.includes("UserAssigned") ?? false;
  if (user !== asked.length > 0) {
    throw new ApiError(
      400,
      "InvalidIdentityRequest",
      "The identity type and the user assigned identities of the request do not belong together.",
    );
  }
  const known = new Set(identities.map((id) => id.toLowerCase()));
  const missing = asked.find((id) => !known.has(id.toLowerCase()));
  if (missing !== undefined) {
    throw new ApiError(
      400,
      "FailedIdentityOperation",
      `Identity operation for resource failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. The user assigned identity '${missing}' was not found.'`,
    );
  }
}

/** A disk that has a name of its own must not be there, such as one that another VM has left. */
export function assertNewDisk({ disks }: Account, { group, disk: { name } }: VmPlan): void {
  if (name === undefined || disks.find(group, name) === undefined) return;
  throw conflict(
    "ConflictingUserInput",
    `Disk ${name} already exists in resource group ${group.toUpperCase()}. Only CreateOption.Attach is supported.`,
    "/properties/creationData",
  );
}

/** Of a VM that is there, only some properties can change. */
export function assertUnchanged({ plan: { body: before } }: Vm, { body: after }: VmPlan): void {
  const immutable: Readonly<Record<string, (body: VmBody) => unknown>> = {
    zones: ({ zones }) => zones,
    plan: ({ plan }) => plan,
    osProfile: ({ properties }) => properties?.osProfile,
    imageReference: ({ properties }) => properties?.storageProfile?.imageReference,
    "osDisk.name": ({ properties }) => properties?.storageProfile?.osDisk?.name,
    networkProfile: ({ properties }) => properties?.networkProfile,
    priority: ({ properties }) => properties?.priority ?? "Regular",
    virtualMachineScaleSet: ({ properties }) => properties?.virtualMachineScaleSet?.id,
  };
  for (const [name, of] of Object.entries(immutable)) {
    if (canonical(of(before)) === canonical(of(after))) continue;
    throw conflict("PropertyChangeNotAllowed", `Changing property '${name}' is not allowed.`, name);
  }
}

/** The same for the same value, in whatever order its fields stand. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
