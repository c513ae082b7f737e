/**
 * What the calls that dask-fleet makes can be answered, by what it must lead to. Names from EC2's documentation of its errors; those
 * of other features (VPNs, peering, imports, reservations that are bought) are left out, those that `runInstances` can lead to are not.
 */
export const CODES = {
  credentials: `AuthFailure ExpiredToken ExpiredTokenException IncompleteSignature InvalidClientTokenId InvalidSignatureException
    InvalidSecurity.RequestHasExpired MissingAuthenticationToken RequestExpired RequestInTheFuture RequestTimeTooSkewed
    SignatureDoesNotMatch UnrecognizedClientException`,
  permission: `AccessDenied AuthFailure.ServiceLinkedRoleCreationNotPermitted Blocked OptInRequired UnauthorizedOperation`,
  policy: `AccountDisabled TagPolicyViolation`,
  capacity: `InsufficientAddressCapacity InsufficientCapacity InsufficientCapacityOnHost InsufficientCapacityOnOutpost
    InsufficientFreeAddressesInSubnet InsufficientHostCapacity InsufficientInstanceCapacity InsufficientReservedInstanceCapacity
    InsufficientReservedInstancesCapacity InsufficientVolumeCapacity IncompatibleHostRequirements ReservationCapacityExceeded
    SpotMaxPriceTooLow UnavailableHostRequirements UnfulfillableCapacity`,
  quota: `AddressLimitExceeded InstanceLimitExceeded KeyPairLimitExceeded MaxIOPSLimitExceeded MaxScheduledInstanceCapacityExceeded
    MaxSpotFleetRequestCountExceeded MaxSpotInstanceCountExceeded NetworkInterfaceLimitExceeded PendingSnapshotLimitExceeded
    PlacementGroupLimitExceeded ReservedInstancesCountExceeded ReservedInstancesLimitExceeded ResourceCountLimitExceeded
    ResourceLimitExceeded SecurityGroupLimitExceeded SnapshotLimitExceeded SubnetLimitExceeded VcpuLimitExceeded
    VolumeLimitExceeded VpcLimitExceeded ConcurrentSnapshotLimitExceeded HostLimitExceeded UpdateLimitExceeded`,
  throttled: `EC2ThrottledException RequestLimitExceeded RequestThrottled RequestThrottledException SlowDown Throttling
    ThrottlingException ThrottledException TooManyRequestsException`,
  transient: `ConcurrentTagAccess CreditSpecificationUpdateInProgress DependencyViolation IdempotentInstanceTerminated
    IdempotentParameterMismatch IncorrectInstanceState IncorrectSpotRequestState IncorrectState InternalError InternalFailure
    InvalidCapacityReservationState.PendingActivation InvalidGroup.InUse InvalidInstanceState InvalidIPAddress.InUse InvalidNextToken InvalidPaginationToken
    InvalidNetworkInterface.InUse InvalidState PendingVerification Resource.AlreadyAssigned Resource.AlreadyAssociated RetryableError
    ServerInternal ServiceUnavailable Unavailable VolumeInUse`,
  configuration: `AttachmentLimitExceeded BootForVolumeTypeUnsupported CannotDelete ClientInvalidParameterValue
    CustomerKeyHasBeenRevoked DefaultVpcDoesNotExist DryRunOperation EncryptedVolumesNotSupported FilterLimitExceeded
    InstanceCreditSpecification.NotSupported InstanceTpmEkPubNotFound InvalidAction InvalidAddress.Malformed InvalidAddress.NotFound
    InvalidAddressID.NotFound InvalidAffinity InvalidAllocationID.NotFound InvalidAMIAttributeItemValue InvalidAMIID.Malformed
    InvalidAMIID.NotFound InvalidAMIID.Unavailable InvalidAutoPlacement InvalidAvailabilityZone InvalidBlockDeviceMapping
    InvalidCapacityReservationId.Malformed InvalidCapacityReservationId.NotFound InvalidCharacter InvalidClientToken InvalidCpuCredits
    InvalidCpuCredits.Malformed InvalidElasticGpuID.Malformed InvalidElasticGpuID.NotFound InvalidFilter InvalidFormat
    InvalidGroup.Duplicate InvalidGroup.NotFound InvalidGroup.Reserved InvalidGroupId.Malformed InvalidHostConfiguration InvalidHostId
    InvalidHostID.Malformed InvalidHostID.NotFound InvalidIamInstanceProfileArn.Malformed InvalidID
    InvalidInput InvalidInstanceAttributeValue InvalidInstanceCreditSpecification InvalidInstanceFamily InvalidInstanceID
    InvalidInstanceID.Malformed InvalidInstanceType InvalidInterface.IpAddressLimitExceeded InvalidKernelId.Malformed
    InvalidKey.Format InvalidKeyPair.Duplicate InvalidKeyPair.Format InvalidKeyPair.NotFound InvalidLaunchTargets
    InvalidLaunchTemplateId.Malformed InvalidLaunchTemplateId.NotFound InvalidLaunchTemplateId.VersionNotFound
    InvalidLaunchTemplateName.MalformedException InvalidLaunchTemplateName.NotFoundException InvalidManifest InvalidMaxResults
    InvalidNetworkInterface.NotFound InvalidNetworkInterfaceAttachmentId.Malformed InvalidNetworkInterfaceID.NotFound
    InvalidNetworkInterfaceId.Malformed InvalidParameter InvalidParameterCombination
    InvalidParameterDependency InvalidParameterValue InvalidPermission.Duplicate InvalidPermission.Malformed
    InvalidPermission.NotFound InvalidPlacementGroup.Unknown InvalidPlacementGroupId.Malformed InvalidPrefixListId.Malformed
    InvalidPrefixListID.NotFound InvalidProductInfo InvalidQueryParameter InvalidRamDiskId.Malformed InvalidRegion InvalidRequest
    InvalidResourceType.Unknown InvalidSecurityGroupId.Malformed InvalidSecurityGroupID.NotFound InvalidSecurityGroupRuleId.Malformed
    InvalidSecurityGroupRuleId.NotFound InvalidSnapshot.NotFound InvalidSnapshotID.Malformed
    InvalidSpotInstanceRequestID.Malformed InvalidSubnet InvalidSubnetID.Malformed InvalidSubnetID.NotFound InvalidSubnetId.NotFound
    InvalidTagKey.Malformed InvalidTenancy InvalidTime InvalidUserID.Malformed InvalidVolume.NotFound InvalidVolume.ZoneMismatch
    InvalidVolumeID.Malformed InvalidVolumeID.ZoneMismatch InvalidVpcID.Malformed InvalidVpcID.NotFound InvalidZone.NotFound
    MalformedQueryString MissingAction MissingInput MissingParameter NoSuchVersion NonEBSInstance OperationNotPermitted
    PrivateIpAddressLimitExceeded ResourceCountExceeded RulesPerSecurityGroupLimitExceeded SecurityGroupsPerInstanceLimitExceeded
    SecurityGroupsPerInterfaceLimitExceeded TagLimitExceeded UnknownParameter UnknownPrincipalType.Unsupported UnknownVolumeType
    Unsupported UnsupportedException UnsupportedHibernationConfiguration UnsupportedHostConfiguration UnsupportedInstanceAttribute
    UnsupportedInstanceTypeOnHost UnsupportedOperation UnsupportedProtocol UnsupportedTenancy VPCIdNotSpecified
    VPCResourceNotSpecified ValidationError VolumeIOPSLimit VolumeTypeNotAvailableInZone ZonesMismatched
    ScheduledInstanceParameterMismatch ScheduledInstanceSlotNotOpen ScheduledInstanceSlotUnavailable`,
  gone: "InvalidInstanceID.NotFound InvalidSpotInstanceRequestID.NotFound",
} as const;

/** Codes of `StateReason`: why EC2 ended a machine. */
export const ENDS = {
  permission: "Client.InternalError",
  configuration: "Client.InvalidKMSKey.InvalidState Client.InvalidSnapshot.NotFound Client.SomethingNew",
  quota: "Client.VolumeLimitExceeded",
  gone: "Client.UserInitiatedShutdown Client.UserInitiatedHibernate Client.InstanceTerminated",
  unknown: "Client.InstanceInitiatedShutdown",
  capacity: "Server.InsufficientInstanceCapacity Server.SpotInstanceTermination Server.SpotInstanceShutdown",
  transient: "Server.InternalError Server.ScheduledStop Server.SomethingNew",
} as const;

/** Pairs of a code and its meaning. */
export function pairs(table: Readonly<Record<string, string>>): readonly (readonly [code: string, meaning: string])[] {
  return Object.entries(table).flatMap(([meaning, codes]) =>
    codes.split(/\s+/u).map((code) => [code, meaning] as const),
  );
}
