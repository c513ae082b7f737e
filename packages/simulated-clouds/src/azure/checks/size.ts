import { ApiError, badRequest, conflict, invalidParameter, missingParameter } from "../api-error.ts";
import { type SizeEntry, sizeNamed, SIZES } from "../catalog/sizes.ts";

/** The size that a machine is asked for with. @throws ApiError where it cannot be had there */
export function sizeOf(
  name: string | undefined,
  location: string,
  zones: readonly string[] | undefined,
  spot: boolean,
): SizeEntry {
  if (name === undefined) throw missingParameter("vmSize");
  const size = sizeNamed(name);
  if (size === undefined) {
    const valid = SIZES.filter(({ locations }) => locations.includes(location)).map((each) => each.name);
    throw invalidParameter(
      `The value ${name} provided for the VM size is not valid. The valid sizes in the current region are: ${valid.join(",")}. ` +
        "Find out more on the valid VM sizes in each region at https://aka.ms/azure-regions.",
      "vmSize",
    );
  }
  if (!size.locations.includes(location) || size.restricted.includes(location)) throw notAvailable(size, location);
  for (const zone of zones ?? []) {
    if (!["1", "2", "3"].includes(zone)) {
      throw badRequest("InvalidAvailabilityZone", `The zone(s) '${zone}' for resource is not supported.`);
    }
    if (!size.zones.includes(zone) || size.restrictedZones.includes(zone))
      throw notAvailable(size, `${location} zone ${zone}`);
  }
  if (spot && !size.spot) {
    throw new ApiError(
      409,
      "OperationNotAllowed",
      `The requested VM size '${size.name}' does not support Azure Spot VMs. Please use a different VM size.`,
    );
  }
  return size;
}

function notAvailable({ name }: SizeEntry, where: string): ApiError {
  return conflict(
    "SkuNotAvailable",
    `The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: ${name}' is currently not ` +
      `available in location '${where}'. Please try another size or deploy to a different location or different zone. See ` +
      "https://aka.ms/azureskunotavailable for details.",
  );
}
