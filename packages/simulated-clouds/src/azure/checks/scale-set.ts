import { ApiError, badRequest, conflict, invalidParameter, missingParameter } from "../api-error.ts";
import type { ScaleSetBody } from "../bodies/scale-set.ts";
import type { ScaleSet } from "../state/scale-set.ts";
import { checkTags } from "./tags.ts";
import { canonical } from "./virtual-machine.ts";

const MOST_MACHINES = 1000;

/** @throws ApiError where Azure would not have such a set, whatever its machines are like */
export function checkScaleSet(name: string, { tags, sku, properties }: ScaleSetBody): void {
  if (!/^[a-z0-9][a-z0-9_.-]{0,63}$/iu.test(name) || /[.-]$/u.test(name)) {
    throw invalidParameter(`The entity name '${name}' is invalid according to its validation rule.`, "vmScaleSetName");
  }
  checkTags(tags);
  if (properties?.orchestrationMode !== "Flexible") {
    throw badRequest("NotSupported", "This simulation has scale sets of the orchestration mode Flexible only.");
  }
  if (properties.platformFaultDomainCount === undefined) throw missingParameter("platformFaultDomainCount");
  if (properties.platformFaultDomainCount < 1 || properties.platformFaultDomainCount > 3) {
    throw invalidParameter("The value of parameter platformFaultDomainCount is invalid.", "platformFaultDomainCount");
  }
  if (properties.singlePlacementGroup === true) {
    throw badRequest(
      "InvalidParameter",
      "singlePlacementGroup must be false for a scale set of orchestration mode Flexible.",
    );
  }
  if (properties.overprovision !== undefined) {
    throw badRequest(
      "InvalidParameter",
      "The property 'overprovision' is not allowed for Virtual Machine Scale Sets with Flexible orchestration mode.",
      "overprovision",
    );
  }
  if (sku?.name === undefined) throw missingParameter("sku.name");
  checkCapacity(sku.capacity);
  const profile = properties.virtualMachineProfile;
  if (profile === undefined) throw missingParameter("virtualMachineProfile");
  checkPrefix(profile.osProfile?.computerNamePrefix);
}

/** Gives the number back. */
export function checkCapacity(capacity: number | undefined): number {
  if (capacity === undefined) throw missingParameter("sku.capacity");
  if (capacity >= 0 && capacity <= MOST_MACHINES) return capacity;
  throw badRequest(
    "InvalidParameter",
    `The value ${capacity} of parameter sku.capacity is out of range: 0 to ${MOST_MACHINES}.`,
    "sku.capacity",
  );
}

function checkPrefix(prefix: string | undefined): void {
  if (prefix === undefined) throw missingParameter("osProfile.computerNamePrefix");
  if (/^[a-z0-9][a-z0-9-]{0,57}$/iu.test(prefix)) return;
  throw invalidParameter(
    `The computer name prefix '${prefix}' is invalid: it has 1 to 58 characters, letters, digits and hyphens.`,
    "computerNamePrefix",
  );
}

/** Of a set that is there, only some properties can change. */
export function assertSameSet({ body: before }: ScaleSet, after: ScaleSetBody): void {
  const immutable: Readonly<Record<string, (body: ScaleSetBody) => unknown>> = {
    orchestrationMode: ({ properties }) => properties?.orchestrationMode,
    platformFaultDomainCount: ({ properties }) => properties?.platformFaultDomainCount,
    zones: ({ zones }) => zones,
    "osProfile.computerNamePrefix": ({ properties }) =>
      properties?.virtualMachineProfile?.osProfile?.computerNamePrefix,
    priority: ({ properties }) => properties?.virtualMachineProfile?.priority ?? "Regular",
    // Only the version of an image can change: machines of another architecture are of another set (Azure/azure-powershell#11911).
    ...Object.fromEntries(
      (["publisher", "offer", "sku"] as const).map((part) => [
        `imageReference.${part}`,
        ({ properties }: ScaleSetBody) => properties?.virtualMachineProfile?.storageProfile?.imageReference?.[part],
      ]),
    ),
  };
  for (const [name, of] of Object.entries(immutable)) {
    if (canonical(of(before)) === canonical(of(after))) continue;
    throw conflict("PropertyChangeNotAllowed", `Changing property '${name}' is not allowed.`, name);
  }
}

/** A set is written to by one at a time. */
export function assertNotBusy({ name, write, deletedAt }: ScaleSet, verb: string): void {
  if (deletedAt !== undefined) {
    throw new ApiError(
      409,
      "OperationNotAllowed",
      `Operation '${verb} Virtual Machine Scale Set' is not allowed on Virtual Machine Scale Set '${name}' since it is marked ` +
        "for deletion. For more information on your operations, please refer to https://aka.ms/activitylog.",
    );
  }
  if (write?.underWay !== true) return;
  throw conflict(
    "Conflict",
    "The request failed due to conflict with a concurrent request. To resolve it, please refer to " +
      "https://aka.ms/activitylog to get more details on the conflicting requests.",
  );
}
