import type { Meaning } from "../../../src/errors.ts";

interface Codes {
  readonly meaning: Meaning;
  /** Undefined: of an operation that was accepted, or of a machine. */
  readonly status: number | undefined;
  readonly elsewhere?: boolean;
  readonly codes: string;
}

/** Codes that Azure's calls for machines, scale sets, networks, disks and images answer, with their usual HTTP status. */
export const AZURE_CODES: readonly Codes[] = [
  {
    meaning: "credentials",
    status: 401,
    codes:
      "AuthenticationFailed AuthenticationFailedInvalidHeader AuthenticationFailedMissingToken ExpiredAuthenticationToken InvalidAuthenticationToken InvalidAuthenticationTokenTenant InvalidAuthenticationTokenAudience InvalidAuthenticationInfo Unauthorized",
  },
  {
    meaning: "permission",
    status: 403,
    codes:
      "AuthorizationFailed LinkedAuthorizationFailed LinkedAccessCheckFailed SubscriptionNotAuthorizedForImage GalleryImageAccessDenied",
  },
  {
    meaning: "policy",
    status: 403,
    codes:
      "RequestDisallowedByPolicy RequestDisallowedByAzure DenyAssignmentAuthorizationFailed PolicyViolation DisallowedProvider DisallowedOperation OfferRestricted SubscriptionDisabled RegionDoesNotAllowProvisioning",
  },
  {
    meaning: "policy",
    status: 409,
    codes:
      "RequestDisallowedByPolicy RequestDisallowedByAzure ScopeLocked ReadOnlyDisabledSubscription DisabledSubscription SubscriptionStateForbidden SubscriptionSuspended RegionNotAllowed ProvisioningDisabled LocationNotAllowed",
  },
  {
    meaning: "configuration",
    status: 404,
    codes:
      "SubscriptionNotFound ResourceGroupNotFound InvalidResourceType InvalidResourceNamespace PlatformImageNotFound ImageNotFound GalleryImageNotFound SharedGalleryImageNotFound CommunityGalleryImageNotFound ArtifactNotFound ArtifactVersionNotFound InvalidSubscriptionId HttpResourceNotFound",
  },
  {
    meaning: "configuration",
    status: 409,
    codes:
      "MissingSubscriptionRegistration SubscriptionNotRegistered InvalidSubscriptionRegistrationState MissingRegistrationForLocation LocationNotAvailableForResourceType NoRegisteredProviderFound PropertyChangeNotAllowed ConflictingUserInput ContainerAlreadyOnLease DiskBlobAlreadyInUseByAnotherDisk TargetDiskBlobAlreadyExists ResourceGroupBeingDeleted FeatureNotRegistered SubscriptionNotRegisteredForFeature",
  },
  {
    meaning: "configuration",
    status: 400,
    codes:
      "InvalidLocation LocationNotAvailableForResourceGroup LocationRequired InvalidResourceLocation InvalidVMSize InvalidParameter InvalidParameterValue InvalidRequestContent InvalidRequestFormat InvalidRequest BadRequest InvalidApiVersionParameter MissingApiVersionParameter LinkedInvalidPropertyId MismatchingResourceSegments ReservedResourceName InvalidResourceName NotSupported InvalidPropertyValue InvalidJson InvalidImageReference IncorrectImageBlobType IncorrectDiskBlobType ImageBlobNotFound VMMarketplaceInvalidInput ResourcePurchaseValidationFailed MarketplacePurchaseEligibilityFailed VHDSizeInvalid InvalidAccountType StorageAccountNotFound StorageAccountNotRecognized StorageAccountLimitation StorageAccountLocationMismatch StorageAccountSubscriptionMismatch StorageAccountTypeNotSupported DiskBlobNotFound KeyVaultAccessForbidden KeyVaultSecretDoesNotExist KeyVaultAndVMInDifferentRegions DiskEncryptionSetNotFound DiskEncryptionKeySecretMissingTags DiskEncryptionKeySecretUnwrapFailed CertificateImproperlyFormatted FailedIdentityOperation InvalidIdentityRequest InvalidTagNameCharacters TooManyTags TagNameTooLong TagValueTooLong InvalidTags SecurityRuleInvalidAddressPrefix SecurityRuleParameterContainsUnsupportedValue SecurityRuleConflict NetcfgSubnetRangeOutsideVnet NetcfgSubnetRangesOverlap NetcfgInvalidSubnet NetcfgInvalidVirtualNetworkSite InvalidCIDRNotation InvalidAddressPrefixFormat SubnetsNotInSameVnet SubnetWithExternalResourcesCannotBeUsedByOtherResources PrivateIPAddressInReservedRange PrivateIPAddressNotInSubnet PublicIPAddressInvalid DnsRecordInvalid OutboundConnectivityNotEnabledOnVM AcceleratedNetworkingNotSupportedForVMSize NetworkInterfaceInvalid ProximityPlacementGroupNotFound DedicatedHostNotFound AvailabilitySetNotFound UnsupportedMediaType",
  },
  {
    meaning: "configuration",
    elsewhere: true,
    status: 400,
    codes:
      "InvalidAvailabilityZone AvailabilityZoneNotSupported LocationNotSupportAvailabilityZones ResourceTypeNotSupportAvailabilityZones SpotPriorityIsNotSupported",
  },
  {
    meaning: "capacity",
    status: undefined,
    codes:
      "AllocationFailed ZonalAllocationFailed OverconstrainedAllocationRequest OverconstrainedZonalAllocationRequest OverConstrainedAllocationRequest AllocationTimedOut InsufficientCapacity CapacityNotAvailable OutOfCapacity CapacityReservationHasNoRoom",
  },
  { meaning: "capacity", status: 409, codes: "SkuNotAvailable NotAvailableForSubscription AllocationFailed" },
  { meaning: "capacity", status: 400, elsewhere: false, codes: "SubnetIsFull PrivateIPAddressNotAvailable" },
  { meaning: "quota", status: 409, codes: "QuotaExceeded CoresQuotaExceeded LowPriorityCoresQuotaExceeded" },
  {
    meaning: "quota",
    status: 400,
    elsewhere: false,
    codes:
      "PublicIPCountLimitReached SubscriptionPublicIPCountLimitReached StandardSkuPublicIPCountLimitReached IPv4BasicSkuPublicIpCountLimitReached NetworkInterfaceCountLimitReached NetworkSecurityGroupCountLimitReached VirtualNetworkCountLimitReached ResourceQuotaExceeded ResourceCountExceedsLimitDueToTemplate",
  },
  {
    meaning: "throttled",
    status: 429,
    codes:
      "TooManyRequests OperationNotAllowed SubscriptionRequestsThrottled TenantRequestsThrottled ResourceRequestsThrottled ResourceCollectionRequestsThrottled TooManyRequestsReceived TooManyVMRedeploymentRequests RateLimitExceeded",
  },
  {
    meaning: "transient",
    status: 400,
    codes:
      "NicReservedForAnotherVm InUseSubnetCannotBeDeleted InUseNetworkSecurityGroupCannotBeDeleted NetworkSecurityGroupInUseByVirtualMachineScaleSet ApplicationSecurityGroupInUse NicInUse PublicIPAddressCannotBeDeleted PublicIPAddressInUse InUseVirtualNetworkCannotBeDeleted InvalidResourceReference DiskImageNotReady",
  },
  {
    meaning: "transient",
    status: 409,
    codes:
      "Conflict AnotherOperationInProgress OperationPreempted RetryableError RetryableErrorDueToAnotherOperation CanceledAndSupersededDueToAnotherOperation ReferencedResourceNotProvisioned ConflictingConcurrentWriteNotAllowed AttachDiskWhileBeingDetached AcquireDiskLeaseFailed ResourceUpdateBlockedOnPlatformUpdate StorageAccountTooBusy ResourceNotReady",
  },
  { meaning: "transient", status: 412, codes: "PreconditionFailed PreconditionFailedEtagMismatch ConditionNotMet" },
  {
    meaning: "transient",
    status: 500,
    codes:
      "InternalServerError InternalError InternalOperationError NetworkingInternalOperationError DiagnosticsOperationInternalError StorageAccountOperationInternalError VMArtifactRepositoryInternalError ServiceUnavailable ServerTimeout GatewayTimeout BadGateway OperationTimedOut RequestTimeout InternalExecutionError",
  },
  {
    meaning: "transient",
    status: undefined,
    codes:
      "Canceled OperationPreempted VMStartTimedOut VMRedeploymentFailed VMRedeploymentTimedOut DiskPreparationError DiskProcessingError InternalExecutionError NetworkingInternalOperationError",
  },
  { meaning: "gone", status: 404, codes: "ResourceNotFound NotFound EntityNotFound VMNotFound" },
  { meaning: "gone", status: 400, codes: "InstanceIdsListInstanceIdNotActiveVM" },
  {
    meaning: "unknown",
    status: undefined,
    codes:
      "OSProvisioningTimedOut OSProvisioningInternalError VMExtensionProvisioningError VMExtensionProvisioningTimeout VMExtensionHandlerNonTransientError VMExtensionManagementInternalError VMAgentStatusCommunicationError Failed",
  },
  { meaning: "unknown", status: 409, codes: "OperationNotAllowed" },
  { meaning: "configuration", status: undefined, codes: "OSProvisioningClientError" },
];
