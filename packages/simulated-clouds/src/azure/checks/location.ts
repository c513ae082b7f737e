import { badRequest, conflict } from "../api-error.ts";
import { LOCATIONS } from "../catalog/sizes.ts";
import type { Resource, ResourceType } from "../state/shelf.ts";

/** A location as Azure writes it: `East US` is `eastus`. @throws ApiError for an unknown location */
export function locationOf(type: ResourceType, location: string | undefined, existing: Resource | undefined): string {
  if (location === undefined || location === "") {
    throw badRequest("LocationRequired", "The location property is required for this definition.");
  }
  const normal = location.toLowerCase().replaceAll(" ", "");
  if (!LOCATIONS.includes(normal)) {
    throw badRequest(
      "LocationNotAvailableForResourceType",
      `The provided location '${location}' is not available for resource type '${type}'. List of available regions for the ` +
        `resource type is '${LOCATIONS.join(",")}'.`,
    );
  }
  if (existing !== undefined && existing.location !== normal) {
    throw conflict(
      "InvalidResourceLocation",
      `The resource '${existing.name}' already exists in location '${existing.location}' in resource group ` +
        `'${existing.group}'. A resource with the same name cannot be created in location '${normal}'. Please select a new ` +
        "resource name.",
    );
  }
  return normal;
}
