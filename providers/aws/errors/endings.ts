import { type Ec2Entry, quotaPage } from "./failure.ts";

/** Why EC2 ended a machine, by the code of its `StateReason`. */
export const ENDINGS: readonly Ec2Entry[] = [
  {
    codes: ["Client.InternalError"],
    meaning: "permission",
    say: "EC2 could not start the machine, most often because the KMS key of its disk may not be used: give these credentials, and for spot machines the role AWSServiceRoleForEC2Spot, access to the key.",
  },
  {
    codes: /^Client\.(?:InvalidKMSKey|InvalidKmsKey|KMS|Kms|CustomerKey)/,
    meaning: "configuration",
    say: "EC2 could not start the machine: the KMS key of its disk is disabled or being deleted. Enable it, or choose another default key for EBS.",
  },
  {
    codes: ["Client.VolumeLimitExceeded", "Client.MaxIOPSLimitExceeded"],
    meaning: "quota",
    elsewhere: false,
    say: (failure) =>
      `EC2 could not start the machine: the account's quota of EBS disks in the region ${failure.region} is used up. Raise it at ${quotaPage(failure, "ebs")}, or set a smaller \`diskSize\`.`,
  },
  {
    codes: /^Client\.InvalidSnapshot/,
    meaning: "configuration",
    say: "EC2 could not start the machine: the snapshot of its image does not exist or is not shared with this account. Set another `ami`.",
  },
  {
    codes: ["Client.InstanceInitiatedShutdown"],
    meaning: "unknown",
    say: "The machine powered itself off from inside.",
  },
  {
    codes: ["Client.UserInitiatedShutdown", "Client.UserInitiatedHibernate", "Client.InstanceTerminated"],
    meaning: "gone",
    say: "The machine was stopped or terminated through EC2's API. CloudTrail shows by whom.",
  },
  {
    codes: ["Server.SpotInstanceTermination", "Server.SpotInstanceShutdown"],
    meaning: "capacity",
    say: "EC2 interrupted and reclaimed the spot machine.",
  },
  {
    codes: ["Server.InsufficientInstanceCapacity"],
    meaning: "capacity",
    say: "EC2 had no capacity for the machine after all.",
  },
  {
    codes: ["Server.InternalError", "Server.ScheduledStop"],
    meaning: "transient",
    say: "EC2 ended the machine: its host failed or was retired.",
  },
  {
    codes: /^Client\./,
    meaning: "configuration",
    say: "EC2 could not start the machine with these options.",
  },
  {
    codes: /^Server\./,
    meaning: "transient",
    say: "EC2 ended the machine for an internal reason.",
  },
];
