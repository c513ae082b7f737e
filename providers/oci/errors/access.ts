import { ownFile } from "../../../src/files/own-file.ts";
import type { OciEntry } from "./failure.ts";

const CLOCK = /clock|skew|date.*(?:range|old|future)|request.*expired/i;

/** Who asks: credentials and permissions. OCI does not tell what is missing from what is forbidden. */
export const ACCESS: readonly OciEntry[] = [
  {
    statuses: [401],
    about: CLOCK,
    meaning: "credentials",
    say: "OCI refused the signature's date: this computer's clock is off by more than five minutes.",
  },
  {
    statuses: [401],
    meaning: "credentials",
    say: ({ region }) =>
      `OCI does not accept the credentials: the key or session token is wrong, deleted or expired, the tenancy has not subscribed to the region ${region}, or this computer's clock is off by more than five minutes. "oci session authenticate" renews a session.`,
  },
  {
    codes: ["SignUpRequired"],
    meaning: "permission",
    say: "OCI does not let this tenancy use the service yet: complete the sign-up at https://cloud.oracle.com.",
  },
  {
    codes: ["NotAllowed"],
    statuses: [403],
    meaning: "policy",
    say: "A security zone or policy of the tenancy does not allow this: ask an administrator, or choose what it allows, such as another subnet or `publicIp: false`.",
  },
  {
    codes: ["RelatedResourceNotAuthorizedOrNotFound"],
    meaning: "permission",
    say: (failure) =>
      `The image, subnet or network security group that ${failure.action} names does not exist, or these credentials may not use it: check \`image\`, \`subnetId\` and \`nsgIds\`, and the policy in ${ownFile("docs/providers/oci.md")}.`,
  },
  {
    // The availability domain has none of it for this tenancy, though its list names it: another may.
    codes: ["NotAuthorizedOrNotFound"],
    about: /\bshape \S+ not found/i,
    meaning: "configuration",
    elsewhere: true,
    say: ({ region }) =>
      `This tenancy does not get this shape in this availability domain of ${region}. Set another \`shape\`, or \`availabilityDomain\`.`,
  },
  {
    codes: ["NotAuthorizedOrNotFound", "NotAuthorized", "NotAuthorizedOrResourceAlreadyExists"],
    meaning: "permission",
    say: ({ action, compartmentId }) =>
      `OCI denied ${action}, or what it is about does not exist: it does not tell which. Check that \`compartmentId\` (${compartmentId}) and \`region\` are right, and that the policy in ${ownFile("docs/providers/oci.md")} is in force.`,
  },
];
