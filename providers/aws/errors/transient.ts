import { throughProxy } from "../../../src/cloud/api/proxy.ts";
import { triesOf } from "../../../src/cloud/errors/error-table.ts";
import { type Ec2Entry, type Ec2Failure, urlOf } from "./failure.ts";

const THROTTLED =
  /^(?:RequestLimitExceeded|RequestThrottled.*|Throttl.*|EC2ThrottledException|TooManyRequests.*|SlowDown)$/;

const server = (failure: Ec2Failure): string =>
  `${failure.endpoint === undefined ? `EC2 in the region ${failure.region}` : new URL(failure.endpoint).origin}${throughProxy(urlOf(failure))}`;

/** What ends by itself: throttling, server errors, things that are in use or not ready. */
export const PASSING: readonly Ec2Entry[] = [
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
    say: "EC2's list has changed while it was read: try again.",
  },
  {
    codes: ["ConcurrentTagAccess", "CreditSpecificationUpdateInProgress"],
    meaning: "transient",
    say: "EC2 is still changing this: try again in a moment.",
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
    say: "The resource is not in a state that allows this yet: try again in a moment.",
  },
  {
    codes: ["IdempotentInstanceTerminated", "IdempotentParameterMismatch"],
    meaning: "transient",
    say: "EC2 already answered a request with this client token, and its machines are gone or different. The next request has a new token.",
  },
];

/** What the SDK calls an error whose answer has no code of EC2 in it, such as a proxy's page. */
const NOT_EC2 = ["Unknown", "UnknownError"];

/** What goes wrong on the way to EC2. */
export const NETWORK: readonly Ec2Entry[] = [
  {
    codes: ["ENOTFOUND"],
    meaning: "configuration",
    say: (failure) =>
      `There is no ${server(failure)}: its address could not be found. Check the name of the region, the network and the variables HTTPS_PROXY and NO_PROXY.`,
  },
  {
    statuses: [407],
    meaning: "configuration",
    say: (failure) =>
      `The proxy on the way to ${server(failure)} wants a user name and a password: set HTTPS_PROXY to http://<user>:<password>@<host>:<port>.`,
  },
  {
    codes: NOT_EC2,
    when: ({ status = 0 }) => status >= 500,
    meaning: "transient",
    say: (failure) =>
      `A proxy or gateway answered instead of ${server(failure)}, with HTTP status ${failure.status}${triesOf(failure)}.`,
  },
  {
    codes: NOT_EC2,
    meaning: "configuration",
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `A proxy or gateway refused the connection to ${server(failure)}, with HTTP status ${failure.status}: have it admit the host, or check \`endpoint\`, HTTPS_PROXY and NO_PROXY.`,
  },
  {
    codes: /^(?:CERT_.*|.*_CERT_?.*|ERR_TLS.*|EPROTO|ERR_SSL.*)$/,
    meaning: "configuration",
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `The certificate of ${server(failure)} is not trusted. Behind a proxy that reads TLS, set NODE_EXTRA_CA_CERTS to its CA's file.`,
  },
  {
    codes:
      /^(?:EAI_AGAIN|ECONN.*|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|TimeoutError|AbortError|ENETDOWN|UND_ERR.*)$/,
    meaning: "transient",
    say: (failure) => `The connection to ${server(failure)} failed${triesOf(failure)}.`,
  },
];
