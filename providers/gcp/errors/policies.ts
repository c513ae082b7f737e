import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { CREATES, type GcpFailure } from "./failure.ts";

const CONSTRAINT = /constraints?\/((?:custom\.)?[\w.]+)/iu;

function policyOf({ message }: GcpFailure): string {
  const name = CONSTRAINT.exec(message)?.[1];
  return name === undefined ? "A policy of the organization forbids it" : `The organization policy ${name} forbids it`;
}

/** A policy, and how to comply. */
function constraint(name: string, obey: string, elsewhere = false): ErrorEntry<GcpFailure> {
  return {
    about: new RegExp(String.raw`constraints?\/${name.replaceAll(".", String.raw`\.`)}`, "i"),
    meaning: "policy",
    elsewhere,
    say: (failure) => `${policyOf(failure)}: ${obey}.`,
  };
}

const OTHER_LOCATION = "set `zone` or `zones` to an allowed location";

/** Organization policies. More permissions do not help. */
export const POLICIES: readonly ErrorEntry<GcpFailure>[] = [
  constraint(
    "compute.vmExternalIpAccess",
    "no machine may have a public address. Set `publicIp: false`, or `workerPublicIp: false` where only the scheduler may have one; the network then needs Cloud NAT",
  ),
  constraint(
    "compute.requireShieldedVm",
    "take a `sourceImage` that boots through UEFI; with GPUs, set `instanceProperties: { shieldedInstanceConfig: { enableSecureBoot: true } }` and take an image with signed drivers",
  ),
  constraint("compute.trustedImageProjects", "set `sourceImage` to an image of an allowed project"),
  constraint("compute.storageResourceUseRestrictions", "set `sourceImage` to an image of an allowed project"),
  constraint("compute.requireOsLogin", 'set `instanceMetadata: { "enable-oslogin": "TRUE" }`'),
  constraint("compute.disableGuestAttributesAccess", 'leave "enable-guest-attributes" out of `instanceMetadata`'),
  constraint("compute.disableSerialPortAccess", 'leave "serial-port-enable" out of `instanceMetadata`'),
  constraint("compute.vmCanIpForward", "leave `canIpForward` out of `instanceProperties`"),
  constraint("compute.restrictSharedVpcSubnetworks", "set `subnetwork` to an allowed subnet"),
  constraint("compute.restrictSharedVpcHostProjects", "set `networkProjectId` to an allowed host project"),
  constraint(
    "gcp.restrictNonCmekServices",
    "disks need a key of your own. Set `instanceProperties: { disks: [{ diskEncryptionKey: { kmsKeyName: … } }] }`",
  ),
  constraint("gcp.restrictCmekCryptoKeyProjects", "take a disk encryption key of an allowed project"),
  constraint("gcp.resourceLocations", OTHER_LOCATION, true),
  constraint("gcp.restrictServiceUsage", "Compute Engine is not allowed in this project. Take another `projectId`"),
  constraint("gcp.restrictTLSVersion", "an administrator must allow the TLS version of Node.js"),
  constraint(
    "iam.disableServiceAccountKeyUpload",
    "sign in with `gcloud auth application-default login` instead of a key file",
  ),
  {
    codes: ["LOCATION_ORG_POLICY_VIOLATED", "LOCATION_POLICY_VIOLATED", "LOCATION_TAX_POLICY_VIOLATED"],
    meaning: "policy",
    elsewhere: true,
    say: `A policy of the organization forbids this location: ${OTHER_LOCATION}.`,
  },
  {
    codes: ["SECURITY_POLICY_VIOLATED", "ENDPOINT_USAGE_RESTRICTION_VIOLATED"],
    meaning: "policy",
    say: "VPC Service Controls forbid the call from here: run the program inside the service perimeter, or ask an administrator for an ingress rule.",
  },
  {
    about: /vpcServiceControlsUniqueIdentifier|prohibited by organization's policy/i,
    meaning: "policy",
    say: "VPC Service Controls forbid the call from here: run the program inside the service perimeter, or ask an administrator for an ingress rule.",
  },
  {
    about: /customConstraints\/|denied by (?:custom )?org(?:anization)? polic/i,
    meaning: "policy",
    say: (failure) =>
      `${policyOf(failure)}. Labels are set with \`tags\`, all else with \`instanceProperties\`; or ask an administrator.`,
  },
  {
    codes: [
      "ORG_RESTRICTION_VIOLATION",
      "ORG_RESTRICTION_HEADER_INVALID",
      "RESOURCE_USAGE_RESTRICTION_VIOLATED",
      "TLS_ORG_POLICY_VIOLATED",
      "TLS_CIPHER_RESTRICTION_VIOLATED",
      "CUSTOM_ORG_POLICY_VIOLATION",
      "ORG_POLICY_VIOLATION",
      "domainPolicy",
    ],
    meaning: "policy",
    say: (failure) => `${policyOf(failure)}. Ask an administrator of the organization.`,
  },
  {
    about: CONSTRAINT,
    meaning: "policy",
    say: (failure) => `${policyOf(failure)}. Ask an administrator of the organization.`,
  },
  {
    codes: ["conditionNotMet", "CONDITION_NOT_MET"],
    actions: CREATES,
    meaning: "policy",
    say: "A policy of the organization forbids it. Ask an administrator of the organization.",
  },
];
