import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import type { AzureFailure } from "./failure.ts";

/** Locations and zones that are not for this subscription or this kind of thing. */
export const PLACES: readonly ErrorEntry<AzureFailure>[] = [
  {
    codes: [
      "RegionDoesNotAllowProvisioning",
      "LocationNotAllowed",
      "RegionNotAllowed",
      "OfferRestricted",
      "RestrictedRegion",
      "SubscriptionNotAllowedInRegion",
      "ProvisioningDisabled",
    ],
    meaning: "policy",
    say: "Azure does not let this subscription make anything there: set another `location`, or ask Azure for access to the region (a support request, quota type Region access).",
  },
  {
    codes: [
      "InvalidLocation",
      "LocationNotAvailableForResourceType",
      "LocationNotAvailableForResourceGroup",
      "LocationNotAvailable",
      "LocationNotSupported",
      "LocationRequired",
      "MissingRegistrationForLocation",
      "NoRegisteredProviderFound",
      "InvalidResourceLocation",
    ],
    meaning: "configuration",
    say: 'There is no such location for this subscription: see the `location` option, and "az account list-locations".',
  },
  {
    codes: [
      "AvailabilityZoneNotSupported",
      "InvalidAvailabilityZone",
      "LocationDoesNotSupportAvailabilityZones",
      "LocationNotSupportAvailabilityZones",
      "ResourceTypeNotSupportAvailabilityZones",
      "VMSizeDoesNotSupportAvailabilityZones",
      "ZonesNotSupported",
      "SkuDoesNotSupportAvailabilityZones",
    ],
    meaning: "configuration",
    elsewhere: true,
    say: "That zone does not have such machines: see the `zones` option.",
  },
  {
    codes: ["InvalidVMSize", "VMSizeNotSupported", "VMSizeNotAllowed", "SkuNotSupported", "InvalidSku"],
    meaning: "configuration",
    say: 'There is no such size there: see the `vmSize` option, and "az vm list-skus --location LOCATION".',
  },
];
