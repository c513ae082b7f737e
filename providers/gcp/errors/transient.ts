import { type ErrorEntry, triesOf } from "../../../src/cloud/errors/error-table.ts";
import { throughProxyTo } from "../api/proxy.ts";
import { DELETES, type GcpFailure, NO_ANSWER } from "./failure.ts";

const server = ({ endpoint }: GcpFailure): string =>
  `${endpoint ?? "Google's Compute Engine"}${throughProxyTo(endpoint)}`;

/** What ends by itself: things that are busy, and servers that fail. */
export const PASSING: readonly ErrorEntry<GcpFailure>[] = [
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

/** Where no answer of Google's came. */
export const CONNECTION: readonly ErrorEntry<GcpFailure>[] = [
  {
    codes: [NO_ANSWER],
    about: /ENOTFOUND/,
    meaning: "configuration",
    say: (failure) =>
      `The address of ${server(failure)} could not be found. Check the network, the proxy and the \`endpoint\` option.`,
  },
  {
    codes: [NO_ANSWER],
    about:
      /EAI_AGAIN|ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|socket hang up|Premature close|certificate|Deadline exceeded|fetch failed|[Pp]roxy/i,
    meaning: "transient",
    say: (failure) => `The connection to ${server(failure)} failed${triesOf(failure)}.`,
  },
  {
    codes: [NO_ANSWER],
    meaning: "transient",
    say: (failure) => `The response did not come from ${server(failure)}${triesOf(failure)}. Check proxy and endpoint.`,
  },
];
