import { type ErrorEntry, triesOf } from "../../../src/cloud/errors/error-table.ts";
import { DELETES, type GcpFailure, theProject } from "./failure.ts";

const tooManyCalls = (failure: GcpFailure): string =>
  `Google throttled the call${triesOf(failure)}: ${theProject(failure)} makes too many calls a minute.`;

/** Google tells it in several ways, mostly with the status of a missing permission. */
export const THROTTLING: readonly ErrorEntry<GcpFailure>[] = [
  {
    codes: ["RESOURCE_OPERATION_RATE_EXCEEDED", "resourceOperationRateExceeded"],
    meaning: "throttled",
    say: (failure) =>
      `Google throttled the call${triesOf(failure)}: too many operations on the same resource in a short time. Try again later.`,
  },
  {
    codes: [
      "CONCURRENT_OPERATIONS_QUOTA_EXCEEDED",
      "concurrentOperationLimitExceeded",
      "concurrentLimitExceeded",
      "servingLimitExceeded",
    ],
    meaning: "throttled",
    say: (failure) =>
      `Google throttled the call${triesOf(failure)}: ${theProject(failure)} has too many operations under way.`,
  },
  {
    codes:
      /^(?:rateLimitExceeded|rateLimitExceededUnreg|userRateLimitExceeded|userRateLimitExceededUnreg|variableTermLimitExceeded|operationRateExceeded|OPERATION_RATE_EXCEEDED|RATE_LIMIT_EXCEEDED|tooManyRequests)$/,
    meaning: "throttled",
    say: tooManyCalls,
  },
  { statuses: [429], meaning: "throttled", say: tooManyCalls },
];

/** What ends by itself: resources that are busy, and server errors. */
export const TRANSIENT: readonly ErrorEntry<GcpFailure>[] = [
  {
    codes:
      /^(?:resourceNotReady|RESOURCE_NOT_READY|notReady|resourceInUseByAnotherResource|RESOURCE_IN_USE_BY_ANOTHER_RESOURCE|resourceInUse|RESOURCE_IN_USE|IP_IN_USE_BY_ANOTHER_RESOURCE|OPERATION_IN_PROGRESS|operationInProgress)$/,
    meaning: "transient",
    say: (failure) => `The resource is still in use or busy${triesOf(failure)}. Try again later.`,
  },
  {
    codes: ["conditionNotMet", "CONDITION_NOT_MET", "preconditionFailed", "conflict", "aborted", "ABORTED"],
    actions: DELETES,
    meaning: "transient",
    say: (failure) => `The resource cannot be deleted at the moment${triesOf(failure)}. Try again later.`,
  },
  {
    codes: ["UNSUPPORTED_OPERATION", "unsupportedOperation", "invalidUsage", "INVALID_USAGE"],
    actions: DELETES,
    meaning: "transient",
    say: (failure) => `The resource cannot be deleted at the moment${triesOf(failure)}. Try again later.`,
  },
  {
    about: /fingerprint|etag\b|If-Match/i,
    statuses: [409, 412],
    meaning: "transient",
    say: "Something else changed the resource at the same time. Try again.",
  },
  {
    codes: ["conditionNotMet", "CONDITION_NOT_MET", "preconditionFailed", "conflict", "aborted", "ABORTED"],
    meaning: "transient",
    say: "Something else changed the resource at the same time. Try again.",
  },
  {
    codes: ["SERVICE_UNAVAILABLE_FOR_LOCATION"],
    meaning: "transient",
    elsewhere: true,
    say: "Compute Engine takes no requests in this location right now. Try again later, or in other `zones`.",
  },
  {
    codes:
      /^(?:backendError|backendNotConnected|internalError|INTERNAL_ERROR|BACKEND_ERROR|INTERNAL|UNAVAILABLE|SERVICE_UNAVAILABLE|serviceUnavailable|gatewayTimeout|GATEWAY_TIMEOUT|badGateway|DEADLINE_EXCEEDED|TIMEOUT|UNKNOWN_ERROR|OPERATION_CANCELED_BY_USER|OPERATION_CANCELLED|CANCELLED|PREEMPTED|HOST_ERROR)$/,
    meaning: "transient",
    say: (failure) => `Compute Engine had an internal error${triesOf(failure)}. Try again later.`,
  },
];
