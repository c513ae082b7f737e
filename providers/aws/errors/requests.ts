import type { Ec2Entry } from "./failure.ts";

/** Resources that do not exist any more. */
export const GONE: readonly Ec2Entry[] = [
  {
    codes: /NotFound$|\.Unknown$/,
    actions: /^(?:Terminate|Delete|Authorize|GetConsole|CreateTags|CancelSpot)/,
    meaning: "gone",
    say: "The resource does not exist any more.",
  },
  {
    codes: ["InvalidInstanceID.NotFound", "InvalidSpotInstanceRequestID.NotFound"],
    meaning: "gone",
    say: "The machine does not exist any more.",
  },
];

/** What the options ask for and EC2 cannot do or does not have. */
export const REQUESTS: readonly Ec2Entry[] = [
  {
    codes: ["InvalidAMIID.NotFound"],
    about: /allowed/i,
    meaning: "policy",
    say: "The account's Allowed AMIs setting does not admit the image: ask an administrator to add its owner, or set another `ami`.",
  },
  {
    codes: /^InvalidAMI(?:ID|Name|AttributeItemValue)\b/,
    meaning: "configuration",
    say: ({ region }) => `The image does not exist in the region ${region}: set \`ami\` to one that does.`,
  },
  {
    codes: ["InvalidInstanceType", "InvalidInstanceFamily", "InvalidInstanceAttributeValue"],
    meaning: "configuration",
    say: ({ region }) => `The region ${region} does not have this instance type. Set another \`instanceType\`.`,
  },
  {
    codes: /^InvalidSubnet(?:I[dD])?(?:\.|$)/,
    meaning: "configuration",
    say: ({ region }) => `The subnet that \`subnetId\` names does not exist in the region ${region}.`,
  },
  {
    codes: /^InvalidVpcI[dD]\./,
    meaning: "configuration",
    say: ({ region }) => `The VPC that \`vpc\` names does not exist in the region ${region}.`,
  },
  {
    codes: ["VPCIdNotSpecified", "DefaultVpcDoesNotExist", "VPCResourceNotSpecified"],
    meaning: "configuration",
    say: ({ region }) =>
      `The account has no default VPC in the region ${region}: set \`vpc\` or \`subnetId\`, or run "aws ec2 create-default-vpc".`,
  },
  {
    codes: ["InvalidGroup.Duplicate", "InvalidGroup.Reserved"],
    meaning: "configuration",
    say: "A security group of this name already exists. Give the cluster another `name`.",
  },
  {
    codes: ["InvalidPermission.Malformed", "InvalidPermission.Duplicate"],
    meaning: "configuration",
    say: "EC2 rejected a firewall rule. Check the ranges in `allowedCidrs`.",
  },
  {
    codes: /^Invalid(?:Group(?:Id)?|SecurityGroup(?:Rule)?I[dD])\./,
    meaning: "configuration",
    say: "A security group does not exist, or is in another VPC than the subnet: check `securityGroups`.",
  },
  {
    codes: ["InvalidParameter", "ClientInvalidParameterValue", "InvalidParameterCombination", "InvalidParameterValue"],
    about: /belong to different networks|security group.*subnet|subnet.*security group/i,
    meaning: "configuration",
    say: "The security groups are in another VPC than the subnet: check `securityGroups`, `subnetId` and `vpc`.",
  },
  {
    codes: /^InvalidKey(?:Pair)?\./,
    meaning: "configuration",
    say: ({ region }) => `The key pair that \`keyName\` names does not exist in the region ${region}.`,
  },
  {
    codes: /^(?:InvalidIamInstanceProfile.*|NoSuchEntity)$/,
    meaning: "configuration",
    say: "The instance profile that `iamInstanceProfile` names does not exist.",
  },
  {
    codes: ["InvalidParameterValue"],
    about: /iam ?instance ?profile/i,
    meaning: "configuration",
    say: "The instance profile that `iamInstanceProfile` names does not exist or has no role yet: check its name, or try again a few seconds after its creation.",
  },
  {
    codes: ["InvalidParameterValue", "InvalidParameterCombination", "InvalidRequest", "CustomerKeyHasBeenRevoked"],
    about: /kms|customer master key|\bkey\b.*(?:revoked|disabled|accessed)/i,
    meaning: "configuration",
    say: "The KMS key of the disk cannot be used: enable it and give these credentials access, or choose another in `runInstances`.",
  },
  {
    codes: ["CustomerKeyHasBeenRevoked"],
    meaning: "configuration",
    say: "The KMS key of the disk cannot be used: enable it and give these credentials access, or choose another in `runInstances`.",
  },
  {
    codes: /^InvalidZone\.|^InvalidAvailabilityZone$|^ZonesMismatched$/,
    meaning: "configuration",
    say: ({ region }) => `The region ${region} does not have this zone. Set another \`availabilityZone\`.`,
  },
  {
    codes: ["InvalidRegion"],
    meaning: "configuration",
    say: ({ region }) => `The region ${region} does not exist. Set another \`region\`.`,
  },
  {
    codes:
      /^(?:InvalidBlockDeviceMapping|UnknownVolumeType|BootForVolumeTypeUnsupported|EncryptedVolumesNotSupported|NonEBSInstance|InvalidSnapshot.*|InvalidVolume.*)$/,
    meaning: "configuration",
    say: "EC2 cannot make the disk: check `diskSize`, `ami` and the disks in `runInstances`.",
  },
  {
    codes: /^InvalidTagKey\.|^InvalidTag/,
    meaning: "configuration",
    say: "EC2 rejected a tag. Check `tags`, `instanceTags` and `volumeTags`.",
  },
  {
    codes: ["OperationNotPermitted"],
    about: /disableApiTermination|may not be terminated/i,
    meaning: "configuration",
    code: "PROVIDER_FAILED",
    say: ({ message }) =>
      `The machine has termination protection. Turn it off: "aws ec2 modify-instance-attribute --no-disable-api-termination --instance-id ${/i-[0-9a-f]+/.exec(message)?.[0] ?? "<id>"}".`,
  },
  {
    codes: ["OperationNotPermitted", "CannotDelete"],
    meaning: "configuration",
    say: "EC2 does not allow this for the resource. Its answer says why.",
  },
  {
    codes: ["ResourceCountExceeded", "RequestResourceCountExceeded"],
    meaning: "configuration",
    say: "EC2 does not accept so many resources in one request. Ask for fewer at a time.",
  },
  {
    codes:
      /^Invalid(?:Host|CapacityReservation|CapacityBlock|LaunchTemplate|LaunchTargets|PlacementGroup|Kernel|RamDisk|NetworkInterface|Address|AllocationID|ElasticGpu|Tenancy|Affinity|CpuCredits|InstanceCreditSpecification|PrefixList).*$|^Instance(?:CreditSpecification\.NotSupported|TpmEkPubNotFound)$|^Unsupported(?:Host|Hibernation|Tenancy|Instance).*$/,
    meaning: "configuration",
    say: "EC2 cannot do what `runInstances` asks for: check the ids and values in it.",
  },
  {
    codes: ["UnsupportedOperation", "UnsupportedOperationException"],
    meaning: "configuration",
    say: "EC2 does not support this for the instance type or the image: set another `instanceType` or `ami`, or change `runInstances`.",
  },
  {
    codes:
      /^(?:Invalid(?:Action|QueryParameter|Character|ClientToken|MaxResults|Filter|ParameterDependency|ID|Format|Time)|MalformedQueryString|MissingAction|MissingInput|NoSuchVersion|UnsupportedProtocol|UnknownPrincipalType.*|InvalidResourceType.*)$/,
    meaning: "configuration",
    say: "EC2 does not understand the request: check `endpoint`, and update dask-fleet and @aws-sdk/client-ec2.",
  },
  {
    codes:
      /^(?:Invalid.*|ClientInvalid.*|ScheduledInstance.*|Missing.*|Unknown.*|Malformed.*|Unsupported.*|.*Malformed|NoSuchVersion|ValidationError|DryRunOperation)$/,
    meaning: "configuration",
    say: "EC2 cannot do what these options ask for. Its answer names the value: check it there and in `runInstances`.",
  },
];
