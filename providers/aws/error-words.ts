import type { ErrorCode } from "../../src/errors.ts";

/** What is known of a failed call. */
interface Failure {
  readonly action: string;
  readonly region: string;
  readonly endpoint: string | undefined;
  readonly message: string;
  readonly status: number | undefined;
  readonly attempts: number;
}

interface Words {
  readonly code: ErrorCode;
  readonly sentence: string;
  /** What EC2 said is not shown: it may quote what was signed. */
  readonly secretive?: boolean | undefined;
}

interface Rule {
  readonly when: RegExp;
  /** What the message must have, too. */
  readonly about?: RegExp;
  readonly code: ErrorCode;
  readonly say: string | ((failure: Failure) => string);
  readonly secretive?: true;
}

/** EC2 is out of something just now: asking the same again at once does not help, another zone or type may. */
const OUT_OF_CAPACITY =
  /^(?:Insufficient(?:Instance|Host|ReservedInstance)?Capacity|Insufficient(?:FreeAddressesInSubnet|AddressCapacity)|SpotMaxPriceTooLow|UnfulfillableCapacity)$/;
const THROTTLED = /^(?:RequestLimitExceeded|Throttl.*|EC2ThrottledException|TooManyRequests.*|SlowDown)$/;

/** For the SDK, which takes such an answer (HTTP 500) for one that passes. */
export function isOutOfCapacity(awsCode: string): boolean {
  return OUT_OF_CAPACITY.test(awsCode);
}

/** EC2 has not even looked at the call. */
export function isThrottled(awsCode: string): boolean {
  return THROTTLED.test(awsCode);
}

const again = ({ attempts }: Failure): string => (attempts > 1 ? ` in ${attempts} tries` : "");
const server = ({ endpoint, region }: Failure): string =>
  endpoint === undefined ? `EC2 in the region ${region}` : new URL(endpoint).origin;

/** The first that fits has its way. */
const RULES: readonly Rule[] = [
  {
    when: /^(?:CredentialsProviderError|TokenProviderError|ProviderError|CredentialsError)$/,
    code: "AUTH_FAILED",
    say: ({ message }) =>
      /expired|sso|login/i.test(message)
        ? `The AWS credentials of this computer can not be used: sign in again, with "aws sso login" or "aws login".`
        : `No AWS credentials were found: run "aws configure" or "aws sso login", or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
  },
  {
    when: /^(?:RequestExpired|ExpiredToken(?:Exception)?)$/,
    code: "AUTH_FAILED",
    say: `The AWS credentials have expired: sign in again, such as with "aws sso login". If they are fresh, this computer's clock is wrong.`,
    secretive: true,
  },
  {
    when: /^AuthFailure$/,
    about: /authorized for images/i,
    code: "CONFIG_INVALID",
    say: "The image that `ami` names is not shared with this account.",
  },
  {
    when: /^(?:AuthFailure|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature|MissingAuthenticationToken)$/,
    code: "AUTH_FAILED",
    say: ({ region }) =>
      `AWS does not accept the credentials: they are wrong, were deleted, or the region ${region} is not enabled for the account.`,
    secretive: true,
  },
  {
    when: /^(?:UnauthorizedOperation|AccessDenied(?:Exception)?)$/,
    code: "AUTH_FAILED",
    say: (failure) =>
      `The AWS credentials lack the permission ${missingAction(failure)}: docs/providers/aws.md has the whole policy.`,
  },
  {
    when: /^(?:OptInRequired|Blocked|PendingVerification)$/,
    code: "AUTH_FAILED",
    say: ({ region }) => `AWS does not let this account use EC2 in the region ${region} yet.`,
  },
  {
    when: OUT_OF_CAPACITY,
    code: "CAPACITY_UNAVAILABLE",
    say: "EC2 has no such machine to give just now.",
  },
  {
    when: /^Unsupported$/,
    code: "CAPACITY_UNAVAILABLE",
    say: "EC2 does not have this instance type in this zone.",
  },
  {
    when: THROTTLED,
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `EC2 took no call${again(failure)}: the account makes too many at a time in the region ${failure.region}.`,
  },
  {
    when: /^VcpuLimitExceeded$/,
    code: "QUOTA_EXCEEDED",
    say: ({ region }) =>
      `The account's quota of vCPUs in the region ${region} is too small for this instance type and number: ask for more in AWS' Service Quotas, or close other machines.`,
  },
  {
    when: /(?:LimitExceeded|QuotaExceeded|CountExceeded)$/,
    code: "QUOTA_EXCEEDED",
    say: ({ region }) =>
      `A quota of the account in the region ${region} is used up: ask for more in AWS' Service Quotas.`,
  },
  {
    when: /^InvalidAMIID\./,
    code: "CONFIG_INVALID",
    say: ({ region }) =>
      `The image can not be used in the region ${region}: does the \`ami\` option name one that is there?`,
  },
  {
    when: /^InvalidInstanceType$/,
    code: "CONFIG_INVALID",
    say: ({ region }) => `There is no such instance type in the region ${region}.`,
  },
  {
    when: /^Invalid(?:SubnetID\.|Subnet(?:ID)?$)/,
    code: "CONFIG_INVALID",
    say: ({ region }) => `The subnet that \`subnetId\` names does not exist in the region ${region}.`,
  },
  {
    when: /^InvalidVpcI[dD]\./,
    code: "CONFIG_INVALID",
    say: ({ region }) => `The VPC that \`vpc\` names does not exist in the region ${region}.`,
  },
  {
    when: /^Invalid(?:Group(?:Id)?|SecurityGroupI[dD])\./,
    code: "CONFIG_INVALID",
    say: "A security group can not be used: it does not exist, or it is of another VPC than the subnet.",
  },
  {
    when: /^InvalidKeyPair\./,
    code: "CONFIG_INVALID",
    say: ({ region }) => `The key pair that \`keyName\` names does not exist in the region ${region}.`,
  },
  {
    when: /^(?:InvalidIamInstanceProfile.*|NoSuchEntity)$/,
    code: "CONFIG_INVALID",
    say: "The instance profile that `iamInstanceProfile` names does not exist.",
  },
  {
    when: /^InvalidZone\.|^InvalidAvailabilityZone$/,
    code: "CONFIG_INVALID",
    say: ({ region }) => `There is no such zone in the region ${region}.`,
  },
  {
    when: /^(?:Invalid(?:Parameter|UserData|BlockDevice|Tag|Network|Spot|Launch|Input|State|Request|Placement|HostID|Volume|Permission).*|(?:Missing|Unknown)Parameter|UnsupportedOperation|OperationNotPermitted|VPCIdNotSpecified|.*Malformed|ValidationError|NonEBSInstance)$/,
    code: "CONFIG_INVALID",
    say: "EC2 can not do what these options ask for.",
  },
  {
    when: /^ENOTFOUND$/,
    code: "CONFIG_INVALID",
    say: (failure) =>
      `There is no ${server(failure)}: its address could not be found. Is the region's name right, and is there a network?`,
  },
  {
    when: /^(?:EAI_AGAIN|ECONN.*|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|TimeoutError|CERT_.*|.*_CERT.*|ERR_TLS.*)$/,
    code: "PROVIDER_FAILED",
    say: (failure) => `The connection to ${server(failure)} failed${again(failure)}.`,
  },
];

/** What an error of EC2, of the SDK or of the network means to the user. */
export function wordsFor(awsCode: string, failure: Failure): Words {
  const rule = RULES.find(({ when, about }) => when.test(awsCode) && (about?.test(failure.message) ?? true));
  if (rule === undefined) return { code: "PROVIDER_FAILED", sentence: `EC2 failed${again(failure)}.` };
  const { code, say, secretive } = rule;
  return { code, sentence: typeof say === "string" ? say : say(failure), secretive };
}

/** EC2 names the action that was missing, which need not be the one that was called: `iam:PassRole` for RunInstances. */
function missingAction({ action, message }: Failure): string {
  return /perform:? ([a-z0-9-]+:[A-Za-z]+)/u.exec(message)?.[1] ?? `ec2:${action}`;
}
