import { limitsPage, type OciEntry } from "./failure.ts";

/** `500 InternalError`, "Out of host capacity." It is said of preemptible instances and by work requests, too. */
const OUT_OF_ROOM = /\bout of (?:\w+ )?capacity\b|\boutof(?:host)?capacity\b/i;

/** For retries, which take an HTTP 500 for a transient failure. */
export function isOutOfRoom(message: string): boolean {
  return OUT_OF_ROOM.test(message);
}

/** No capacity for machines or addresses right now, in one fault domain or everywhere. */
export const CAPACITY: readonly OciEntry[] = [
  {
    about: OUT_OF_ROOM,
    meaning: "capacity",
    say: "OCI has no capacity for this shape in this availability domain right now: allow more `instanceTypes` or availability domains, or try again later.",
  },
  {
    about: /\b(?:no|insufficient|not enough)\b.*\b(?:private )?ip addresses|subnet .*(?:is full|exhausted)/i,
    meaning: "capacity",
    say: "The subnet has no free private address: use a larger one, or name more of them in `subnetId`.",
  },
];

/** What the tenancy or the compartment has used up. */
export const QUOTAS: readonly OciEntry[] = [
  {
    codes: ["LimitExceeded"],
    about: /network ?security ?group|\bnsg\b|security rule|vnics? per/i,
    meaning: "quota",
    elsewhere: false,
    say: (failure) =>
      `The tenancy's limit of network security groups or their rules in ${failure.region} is used up: delete unused ones, name your own in \`nsgIds\`, or raise it at ${limitsPage(failure)}.`,
  },
  {
    codes: ["LimitExceeded"],
    about: /public ?ip/i,
    meaning: "quota",
    elsewhere: false,
    say: (failure) =>
      `The tenancy's limit of public addresses in ${failure.region} is used up: set \`workerPublicIp: false\`, or raise it at ${limitsPage(failure)}.`,
  },
  {
    codes: ["LimitExceeded"],
    meaning: "quota",
    say: (failure) =>
      `The tenancy's service limit for this shape in ${failure.region} is used up: raise it at ${limitsPage(failure)}, name others in \`instanceTypes\`, or delete machines.`,
  },
  {
    codes: ["QuotaExceeded"],
    meaning: "quota",
    say: "The compartment's quota, which an administrator has set, is used up: have it raised, name other shapes in `instanceTypes`, or set another `compartmentId`.",
  },
];
