import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { DELETES, type GcpFailure } from "./failure.ts";

const GONE = "The resource does not exist any more.";
const NOT_THERE = "Something that these options name does not exist.";
const CANNOT = "Compute Engine cannot do what these options ask for.";

function configuration(about: RegExp, say: string): ErrorEntry<GcpFailure> {
  return { about, meaning: "configuration", say };
}

/** What the options ask for and Compute Engine cannot do or does not have. */
export const REQUESTS: readonly ErrorEntry<GcpFailure>[] = [
  {
    codes: ["alreadyExists", "RESOURCE_ALREADY_EXISTS", "duplicate"],
    meaning: "configuration",
    say: "A resource of this name already exists: give the cluster another name.",
  },
  configuration(
    /protected against deletion/i,
    "The machine has deletion protection. Turn it off: gcloud compute instances update NAME --no-deletion-protection.",
  ),
  configuration(/Unknown zone|\/zones\/[\w-]+' was not found/i, "There is no such zone."),
  configuration(/Unknown region|\/regions\/[\w-]+' was not found/i, "There is no such region."),
  {
    codes: ["PROJECT_NOT_FOUND"],
    meaning: "configuration",
    say: "There is no such project.",
  },
  configuration(/projects\/[\w.:-]+' was not found|Unknown project/i, "There is no such project."),
  configuration(
    /\/machineTypes\/.+(?:was not found|does not exist)|machine type .+ (?:does not exist|was not found)/i,
    "There is no such machine type in this zone.",
  ),
  {
    codes: ["IMAGE_NOT_FOUND"],
    meaning: "configuration",
    say: "The image that `sourceImage` names does not exist, or these credentials may not use it.",
  },
  configuration(
    /\/images\/.+was not found/i,
    "The image that `sourceImage` names does not exist, or these credentials may not use it.",
  ),
  {
    codes: ["NETWORK_NOT_FOUND", "SUBNETWORK_NOT_FOUND"],
    meaning: "configuration",
    say: "The network or subnet does not exist: see the options `network`, `networkProjectId` and `subnetwork`.",
  },
  configuration(
    /\/networks\/.+was not found|\/subnetworks\/.+was not found|referenced (?:sub)?network resource cannot be found/i,
    "The network or subnet does not exist: see the options `network`, `networkProjectId` and `subnetwork`.",
  ),
  {
    about: /is not found or access is unauthorized/i,
    meaning: "configuration",
    elsewhere: true,
    say: "This project may not use the zone: take other `zones`.",
  },
  {
    about: /\/acceleratorTypes\/.+was not found/i,
    meaning: "configuration",
    elsewhere: true,
    say: "The zone has no GPUs of this type: see the options `gpuType` and `zones`.",
  },
  configuration(
    /\/acceleratorTypes\/|accelerator|nvidia-/i,
    "These GPUs do not go with the machine type or the zone: see the options `gpuType`, `nGpus` and `instanceType`. Only N1 types take attached GPUs.",
  ),
  configuration(
    /diskType|\b(?:pd|hyperdisk)-\w+/i,
    "This disk does not go with the machine type or the zone: see the options `diskType` and `diskSize`.",
  ),
  {
    codes: ["SERVICE_ACCOUNT_NOT_FOUND"],
    meaning: "configuration",
    say: "The service account does not exist: see the option `serviceAccount`.",
  },
  configuration(/service ?account/i, "The service account cannot be used: see the option `serviceAccount`."),
  {
    codes: ["MISSING_REQUIRED_FIELD", "required"],
    meaning: "configuration",
    say: "The request lacks a field that Compute Engine needs: see the option `instanceProperties`.",
  },
  {
    codes: /^(?:FIELD_SIZE_TOO_LARGE|responseTooLarge|backendRequestTooLarge|uploadTooLarge|batchSizeTooLarge)$/,
    meaning: "configuration",
    say: "The request is larger than Compute Engine takes: see the option `instanceMetadata`.",
  },
  {
    codes:
      /^(?:invalid\w*|badRequest|parseError|unknownApi|turnedDown|sslRequired|httpMethodNotAllowed|unsupported\w*|notImplemented|preconditionRequired|expectationFailed|requestedRangeNotSatisfiable|INVALID_\w+|UNSUPPORTED_\w+|WRONG_\w+|SYSTEM_PARAMETER_UNSUPPORTED|FAILED_PRECONDITION|OUT_OF_RANGE|UNIMPLEMENTED)$/,
    meaning: "configuration",
    say: CANNOT,
  },
  configuration(/invalid value for field|required field|is not supported|not compatible/i, CANNOT),
];

/** What is not there. */
export const MISSING: readonly ErrorEntry<GcpFailure>[] = [
  {
    codes: /^(?:notFound|resourceNotFound|RESOURCE_NOT_FOUND|RESOURCE_GROUP_NOT_FOUND|deleted|gone)$/,
    when: ({ action }) => isAboutOurs(action),
    meaning: "gone",
    say: GONE,
  },
  {
    codes: /^(?:notFound|resourceNotFound|deleted|gone|\w+_NOT_FOUND)$/,
    meaning: "configuration",
    say: NOT_THERE,
  },
];

/** Where only the status says something. */
export const MISSING_BY_STATUS: readonly ErrorEntry<GcpFailure>[] = [
  {
    statuses: [404, 410],
    when: ({ action }) => isAboutOurs(action),
    meaning: "gone",
    say: GONE,
  },
  { statuses: [404, 410], meaning: "configuration", say: NOT_THERE },
  { statuses: [400], meaning: "configuration", say: CANNOT },
];

/** Whether it concerns what the cluster has made, and not what the options name. */
function isAboutOurs(action: string): boolean {
  return DELETES.test(action) || /^(?:instances\.get|firewalls\.|disks\.|(?:zone|global)Operations\.)/.test(action);
}
