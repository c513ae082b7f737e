import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import type { AzureFailure } from "./failure.ts";

/** Locations, zones and sizes that the subscription may not use. */
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
    say: "This subscription may not create resources in that location. Set another `location`, or ask Azure for access to the region (a support request, quota type Region access).",
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
    say: 'This subscription does not have that location. Check the `location` option; "az account list-locations" lists them.',
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
    say: "That zone does not have machines of this size. Check the `zones` option.",
  },
  {
    codes: ["InvalidVMSize", "VMSizeNotSupported", "VMSizeNotAllowed", "SkuNotSupported", "InvalidSku"],
    meaning: "configuration",
    say: 'That location does not have this size. Check the `instanceType` option; "az vm list-skus --location LOCATION" lists them.',
  },
];

const ACTIVITY_LOG =
  "The operation failed, and Azure gives no reason here. The activity log of the resource group in the Azure portal says more.";

/** What the options ask for and Azure cannot do or does not have. More telling rules come before these. */
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
    say: "A resource of this name already exists. Give the cluster another name.",
  },
  {
    codes: /^(?:TooManyTags|InvalidTag\w*|Tag(?:Name|Value)\w*|DuplicateTag\w*)$/,
    meaning: "configuration",
    say: "Azure rejected these tags. Check the `tags` and `vmTags` options.",
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
    say: "Azure rejected that name. Give the cluster another `name`.",
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
    say: "The place that `extraVmOptions` names, such as a proximity placement group or a host, does not accept these machines.",
  },
  {
    codes: ["LinkedInvalidPropertyId", "InvalidResourceId", "MismatchingResourceSegments"],
    meaning: "configuration",
    say: "An id in the options is not an Azure resource id. Check `subnet`, `vnet`, `securityGroup`, `managedIdentity` and `vmImage`.",
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
    say: "This cloud does not support the SDK's version of Azure's API. Check the `endpoint` option, and install versions of @azure/arm-compute and @azure/arm-network that it supports.",
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
    say: "The resource does not exist, or not any more.",
  },
  {
    codes: ["Failed", "Unknown", "ResourceOperationFailure", "ResourceDeploymentFailure", "DeploymentFailed"],
    meaning: "unknown",
    say: ACTIVITY_LOG,
  },
];
