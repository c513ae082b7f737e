import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { CREATES_MACHINES, type GcpFailure, theProject } from "./failure.ts";

const NO_CAPACITY =
  "Google has no capacity for this machine type in this zone right now. Try other `zones` or another machine type.";

/** Retrying at once does not help; another zone or capacity type may. */
export const CAPACITY: readonly ErrorEntry<GcpFailure>[] = [
  {
    codes:
      /RESOURCE_POOL_EXHAUSTED|STOCKOUT|^(?:stockout|insufficientCapacity|INSUFFICIENT_CAPACITY|resource_availability|resourcePoolExhausted|zoneResourcePoolExhausted)$/,
    meaning: "capacity",
    say: NO_CAPACITY,
  },
  { about: /does not have enough resources available to fulfil/i, meaning: "capacity", say: NO_CAPACITY },
  {
    about: /reservation\b.*\b(?:exhausted|insufficient|no (?:capacity|room)|not enough|in use|unavailable)/i,
    meaning: "capacity",
    say: "The reservation has no capacity for this machine. Check `reservationAffinity` in `instanceProperties`.",
  },
  {
    codes: /^(?:SUBNET_)?IP_SPACE_EXHAUSTED/,
    meaning: "capacity",
    say: "The subnet has no free address: expand its range, or set `subnetwork` to another one.",
  },
  {
    // Not documented: what an insert ends with when its spot machine is taken back meanwhile.
    codes: ["UNSUPPORTED_OPERATION", "unsupportedOperation"],
    actions: CREATES_MACHINES,
    when: ({ message }) => !/not (?:compatible|supported)|incompatible|does not support|features? /i.test(message),
    meaning: "capacity",
    say: "The machine was reclaimed while it was being created. Try again, or try other `zones`.",
  },
  {
    codes: ["RESOURCE_NOT_FOUND", "notFound"],
    about: /\/instances\//,
    actions: CREATES_MACHINES,
    meaning: "capacity",
    say: "The machine was deleted while it was being created. Try again, or try other `zones`.",
  },
  {
    codes: ["OPERATION_CANCELED_BY_USER", "OPERATION_CANCELLED", "CANCELLED", "PREEMPTED", "HOST_ERROR"],
    actions: CREATES_MACHINES,
    meaning: "capacity",
    say: "The machine was reclaimed while it was being created. Try again, or try other `zones`.",
  },
];

/** Says only that there are too few machines. Codes beside it, or the operations of its group, say why. */
export const MIN_COUNT_CODE = "VM_MIN_COUNT_NOT_REACHED";

export const MIN_COUNT: readonly ErrorEntry<GcpFailure>[] = [
  {
    codes: [MIN_COUNT_CODE],
    meaning: "capacity",
    say: "Compute Engine created none of the machines and gave no reason. Usually it has no capacity: try other `zones` or another machine type.",
  },
];

const METRIC =
  /Quota '(?<metric>[\w-]+)' exceeded\.\s+Limit: (?<limit>[\d.]+)(?: in region (?<region>[\w-]+)| globally)?/u;

/** Quotas that all regions share. */
const GLOBAL =
  /\bglobally\b|_ALL_REGIONS|'(?:FIREWALLS|NETWORKS|ROUTES|IMAGES|INSTANCES_PER_NETWORK_GLOBAL|PER_NETWORK_\w+)'/;

const QUOTA_CODES =
  /^(?:quotaExceeded|QUOTA_EXCEEDED|RESOURCE_QUOTA_EXCEEDED|LIMIT_EXCEEDED|limitExceeded|RESOURCE_USAGE_EXCEEDED|resourceUsageExceeded|EMULATOR_QUOTA_EXCEEDED)$/;

export const QUOTAS: readonly ErrorEntry<GcpFailure>[] = [
  {
    codes: /^(?:dailyLimitExceeded|dailyLimitExceededUnreg|dailyLimitExceeded402|variableTermExpiredDailyExceeded)$/,
    meaning: "quota",
    elsewhere: false,
    say: (failure) => `The API calls of ${theProject(failure)} for today are used up. ${raise(failure)}`,
  },
  { codes: QUOTA_CODES, about: GLOBAL, meaning: "quota", elsewhere: false, say: usedUp },
  { codes: QUOTA_CODES, meaning: "quota", say: usedUp },
];

/** Options that need less of a quota. */
const LESS: readonly (readonly [RegExp, string])[] = [
  [/ADDRESSES/, "need fewer public addresses with `workerPublicIp: false`"],
  [/FIREWALLS/, "set `createFirewall: false`"],
  [/SSD_TOTAL|DISKS_TOTAL|HYPERDISK/, "take a smaller `diskSize` or another `diskType`"],
  [/PREEMPTIBLE/, 'set `spot: "with-fallback"`'],
];

function usedUp(failure: GcpFailure): string {
  const { metric = "", limit, region } = METRIC.exec(failure.message)?.groups ?? {};
  const which = metric === "" ? "" : ` (${metric}: ${Number(limit)}${region === undefined ? "" : ` in ${region}`})`;
  return `A quota of ${theProject(failure)} is used up${which}. ${raise(failure, LESS.find(([name]) => name.test(metric))?.[1])}`;
}

function raise({ project }: GcpFailure, less = "remove other machines"): string {
  const page = `https://console.cloud.google.com/iam-admin/quotas${project === undefined ? "" : `?project=${project}`}`;
  return `Ask for more at ${page}, or ${less}.`;
}
