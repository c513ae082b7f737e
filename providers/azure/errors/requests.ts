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

const ACTIVITY_LOG =
  "Azure could not do it and gives no reason here. The activity log of the resource group in the Azure portal says more.";

/** Requests that Azure does not take. What a more telling entry knows comes before these. */
export const REQUESTS: readonly ErrorEntry<AzureFailure>[] = [
  {
    codes: [
      "PropertyChangeNotAllowed",
      "ResourceExists",
      "ResourceAlreadyExists",
      "AlreadyExists",
      "NameAlreadyExists",
    ],
    meaning: "configuration",
    say: "Something of that name is there already: give the cluster another name.",
  },
  {
    codes: /^(?:TooManyTags|InvalidTag\w*|Tag(?:Name|Value)\w*|DuplicateTag\w*)$/,
    meaning: "configuration",
    say: "Azure does not take these tags: see the `tags` and `vmTags` options.",
  },
  {
    codes: [
      "ReservedResourceName",
      "InvalidResourceName",
      "InvalidResourceNameSegments",
      "NameInvalid",
      "ResourceNameInvalid",
    ],
    meaning: "configuration",
    say: "Azure does not take that name: give the cluster another `name`.",
  },
  {
    codes: [
      "FailedIdentityOperation",
      "InvalidIdentityRequest",
      "IdentityNotFound",
      "UserAssignedIdentityNotFound",
      "MissingIdentity",
      "MissingIdentityIds",
    ],
    meaning: "configuration",
    say: "The identity that `managedIdentity` names does not exist, or cannot be given to machines.",
  },
  {
    codes: /^(?:ProximityPlacementGroup|DedicatedHost|HostGroup|AvailabilitySet|PlacementPolicy)/,
    meaning: "configuration",
    say: "The place that `extraVmOptions` names, such as a proximity placement group or a host, does not take these machines.",
  },
  {
    codes: ["LinkedInvalidPropertyId", "InvalidResourceId", "MismatchingResourceSegments"],
    meaning: "configuration",
    say: "An id in the options is none of Azure's: see `subnet`, `vnet`, `securityGroup`, `managedIdentity` and `vmImage`.",
  },
  {
    codes: [
      "InvalidApiVersionParameter",
      "MissingApiVersionParameter",
      "NoRegisteredProviderFoundForApiVersion",
      "UnsupportedApiVersion",
      "InvalidResourceType",
      "InvalidResourceNamespace",
      "HttpResourceNotFound",
    ],
    meaning: "configuration",
    say: "This cloud does not speak the version of Azure's API that the SDK does: see the `endpoint` option, and install a version of @azure/arm-compute and @azure/arm-network that it knows.",
  },
  {
    codes: [
      "NotSupported",
      "FeatureNotSupported",
      "UnsupportedOperation",
      "OperationNotSupported",
      "UnsupportedMediaType",
      "MethodNotAllowed",
    ],
    meaning: "configuration",
    say: "Azure does not support that for this size, location or subscription.",
  },
  {
    codes:
      /^(?:Invalid\w*|BadRequest|Missing\w*|LinkedInvalid\w*|RequiredPropertyMissing|RequestTooLarge|RequestEntityTooLarge|\w+Invalid|VMScaleSet\w+|InvalidRequest\w+)$/,
    meaning: "configuration",
    say: "Azure cannot do what these options ask for.",
  },
  {
    codes: ["OperationNotAllowed"],
    meaning: "unknown",
    say: "Azure does not allow that for this resource right now.",
  },
  {
    actions: /\(poll\)$/,
    statuses: [404],
    meaning: "unknown",
    say: "Azure no longer knows the result of an operation that it began.",
  },
  {
    codes: /^(?:ResourceNotFound|NotFound|EntityNotFound)$/,
    meaning: "gone",
    say: "What the call is about does not exist, or does not exist any more.",
  },
  {
    codes: ["Failed", "Unknown", "ResourceOperationFailure", "ResourceDeploymentFailure", "DeploymentFailed"],
    meaning: "unknown",
    say: ACTIVITY_LOG,
  },
];
