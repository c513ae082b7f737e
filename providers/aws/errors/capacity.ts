import { type Ec2Entry, quotaPage } from "./failure.ts";

/** EC2 has no capacity right now. Some of it comes as an HTTP 500. */
const OUT_OF_ROOM = /^(?:Server\.)?Insufficient|^(?:UnfulfillableCapacity|ReservationCapacityExceeded)$/;

/** For the SDK, which takes an HTTP 500 for a transient failure. */
export function isOutOfRoom(code: string): boolean {
  return OUT_OF_ROOM.test(code);
}

/** No capacity for machines, addresses or disks right now, in one zone or everywhere. */
export const CAPACITY: readonly Ec2Entry[] = [
  {
    codes: /^Insufficient(?:FreeAddressesInSubnet|AddressesInSubnet)$/,
    meaning: "capacity",
    say: "The subnet has no free private address: use a larger one, or name more of them in `subnetId`.",
  },
  {
    codes: ["InsufficientAddressCapacity"],
    meaning: "capacity",
    say: "EC2 has no public IPv4 address right now: set `publicIp: false` or `workerPublicIp: false`, or try again later.",
  },
  {
    codes: ["InsufficientVolumeCapacity"],
    meaning: "capacity",
    say: "EC2 has no capacity for disks in this zone right now: try another `availabilityZone`, or again later.",
  },
  {
    codes:
      /^(?:Insufficient(?:Host|ReservedInstances?)Capacity|InsufficientCapacityOn(?:Host|Outpost)|ReservationCapacityExceeded|IncompatibleHostRequirements|UnavailableHostRequirements)$/,
    meaning: "capacity",
    say: "The host or capacity reservation that `runInstances` names has no capacity left. Name another one, or none.",
  },
  {
    codes: ["InvalidCapacityReservationState.PendingActivation"],
    meaning: "transient",
    say: "The capacity block that `runInstances` names is not active yet: try again when it is.",
  },
  {
    codes: ["SpotMaxPriceTooLow"],
    meaning: "capacity",
    say: "A spot machine costs more right now than `runInstances` allows: raise `MaxPrice` or leave it out.",
  },
  {
    codes: ["UnfulfillableCapacity", "InsufficientInstanceCapacity"],
    about: /spot/i,
    meaning: "capacity",
    say: 'EC2 has no spot capacity for this instance type in this zone right now: allow more `instanceTypes` or zones, or set `spot: "with-fallback"`.',
  },
  {
    codes: OUT_OF_ROOM,
    meaning: "capacity",
    say: "EC2 has no capacity for this instance type in this zone right now: allow more `instanceTypes` or zones, or try again later.",
  },
  {
    // The zones that never have a type are left out before: this one has it, but not for now.
    codes: ["Unsupported"],
    about: /availability zone/i,
    meaning: "capacity",
    say: "EC2 does not have this instance type in this zone for now: allow other zones with `availabilityZone`.",
  },
  {
    codes: ["Unsupported", "VolumeTypeNotAvailableInZone", "UnsupportedException"],
    meaning: "configuration",
    elsewhere: true,
    say: "EC2 does not support these options together in this zone: try another instance type, zone or disk, or change `runInstances`.",
  },
];

/** What the account has used up. */
export const QUOTAS: readonly Ec2Entry[] = [
  {
    codes: ["VcpuLimitExceeded"],
    meaning: "quota",
    say: (failure) =>
      `The account's quota of vCPUs in the region ${failure.region} is too small for this instance type and number: raise it at ${quotaPage(failure)}, or close other machines.`,
  },
  {
    codes: ["MaxSpotInstanceCountExceeded"],
    meaning: "quota",
    say: (failure) =>
      `The account's quota of spot machines in the region ${failure.region} is used up: raise "Spot Instance Requests" at ${quotaPage(failure)}, or set \`spot: "with-fallback"\`.`,
  },
  {
    codes: ["InstanceLimitExceeded"],
    meaning: "quota",
    say: (failure) =>
      `The account's quota of this instance type in the region ${failure.region} is used up: raise it at ${quotaPage(failure)}, or name others in \`instanceTypes\`.`,
  },
  {
    codes: /^(?:VolumeLimitExceeded|MaxIOPSLimitExceeded|(?:Concurrent|Pending)?SnapshotLimitExceeded)$/,
    meaning: "quota",
    elsewhere: false,
    say: (failure) =>
      `The account's quota of EBS disks in the region ${failure.region} is used up: raise it at ${quotaPage(failure, "ebs")}, set a smaller \`diskSize\`, or delete disks.`,
  },
  {
    codes: ["NetworkInterfaceLimitExceeded", "SecurityGroupLimitExceeded"],
    meaning: "quota",
    elsewhere: false,
    say: (failure) =>
      `The account's quota of ${failure.codes.includes("SecurityGroupLimitExceeded") ? "security groups" : "network interfaces"} in the region ${failure.region} is used up: raise it at ${quotaPage(failure, "vpc")}, or delete unused ones.`,
  },
  {
    codes: ["RulesPerSecurityGroupLimitExceeded"],
    meaning: "configuration",
    code: "QUOTA_EXCEEDED",
    say: (failure) =>
      `\`allowedCidrs\` has more ranges than a security group takes: give fewer, larger ones, or raise the quota at ${quotaPage(failure, "vpc")}.`,
  },
  {
    codes: ["SecurityGroupsPerInstanceLimitExceeded", "SecurityGroupsPerInterfaceLimitExceeded"],
    meaning: "configuration",
    code: "QUOTA_EXCEEDED",
    say: "`securityGroups` names more groups than a machine can have: name fewer.",
  },
  {
    codes: ["TagLimitExceeded"],
    meaning: "configuration",
    code: "QUOTA_EXCEEDED",
    say: "A resource would have more than 50 tags: give fewer in `tags`, `instanceTags` or `volumeTags`.",
  },
  {
    codes:
      /^(?:AttachmentLimitExceeded|(?:InvalidInterface\.Ip|PrivateIp)AddressLimitExceeded|VolumeIOPSLimit|FilterLimitExceeded)$/,
    meaning: "configuration",
    code: "QUOTA_EXCEEDED",
    say: "A machine cannot have as many disks, addresses or I/O operations as `runInstances` asks for: ask for fewer, or choose a larger instance type.",
  },
];

/** Any other limit. */
export const OTHER_QUOTAS: readonly Ec2Entry[] = [
  {
    codes: /(?:LimitExceeded|QuotaExceeded|CountExceeded|CapacityExceeded|LimitExceededException)$/,
    meaning: "quota",
    elsewhere: false,
    say: (failure) =>
      `A quota of the account in the region ${failure.region} is used up: raise it at ${quotaPage(failure)}.`,
  },
];
