import { triesOf } from "../../../src/cloud/errors/error-table.ts";
import type { Ec2Entry } from "./failure.ts";

const THROTTLED =
  /^(?:RequestLimitExceeded|RequestThrottled.*|Throttl.*|EC2ThrottledException|TooManyRequests.*|SlowDown)$/;

/** What ends by itself: throttling, server errors, resources that are in use or not ready. */
export const TRANSIENT: readonly Ec2Entry[] = [
  {
    codes: THROTTLED,
    meaning: "throttled",
    say: (failure) =>
      `EC2 throttled the call${triesOf(failure)}: the account makes too many calls in the region ${failure.region}. Try again later, or set a longer \`pollIntervalMs\`.`,
  },
  {
    codes: ["RequestResourceCountExceeded", "BandwidthLimitExceeded"],
    actions: /^(?:Describe|Get)/,
    meaning: "throttled",
    say: (failure) => `EC2 throttled the call${triesOf(failure)}: the answer is too large for now. Try again later.`,
  },
  {
    codes:
      /^(?:InternalError|InternalFailure|ServerInternal|ServiceUnavailable(?:Exception)?|Unavailable|RetryableError)$/,
    meaning: "transient",
    say: (failure) =>
      `EC2 had an internal error${triesOf(failure)}. Try again later; https://health.aws.amazon.com shows outages.`,
  },
  {
    codes: ["InvalidPaginationToken", "InvalidNextToken"],
    meaning: "transient",
    say: "EC2's list changed while it was read. Try again.",
  },
  {
    codes: ["ConcurrentTagAccess", "CreditSpecificationUpdateInProgress"],
    meaning: "transient",
    say: "EC2 is still changing this resource. Try again in a moment.",
  },
  {
    codes:
      /^(?:DependencyViolation|InvalidGroup\.InUse|VolumeInUse|Invalid(?:NetworkInterface|IPAddress|Snapshot|PlacementGroup)\.InUse|Resource\.Already(?:Associated|Assigned))$/,
    meaning: "transient",
    say: "The resource is still in use, such as by a machine that is ending: try again later, or remove what uses it.",
  },
  {
    codes: /^(?:Incorrect(?:Instance|SpotRequest|Modification)?State|Invalid(?:Instance|Host|Vpc)?State)$/,
    meaning: "transient",
    say: "The resource is not in a state that allows this yet. Try again in a moment.",
  },
  {
    codes: ["IdempotentInstanceTerminated", "IdempotentParameterMismatch"],
    meaning: "transient",
    say: "EC2 already answered a request with this client token, and its machines are gone or different. The next request has a new token.",
  },
];
