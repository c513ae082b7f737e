import { ownFile } from "../../../src/files/own-file.ts";
import type { Ec2Entry, Ec2Failure } from "./failure.ts";

const SIGN_IN = `sign in again, such as with "aws sso login" or "aws login"`;
/** A denial that no permission of one's own mends. */
const POLICY = /(?:explicit deny in an?|because no) (?!identity-based)[a-z -]+/i;
const DENIED = ["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"];

/** Who asks: credentials, permissions, policies, and whether the account may use EC2 at all. */
export const ACCESS: readonly Ec2Entry[] = [
  {
    codes: ["CredentialsProviderError", "TokenProviderError", "ProviderError", "CredentialsError"],
    about: /expired|sso|login/i,
    meaning: "credentials",
    say: `The AWS credentials of this computer cannot be used: ${SIGN_IN}.`,
  },
  {
    codes: ["CredentialsProviderError", "TokenProviderError", "ProviderError", "CredentialsError"],
    meaning: "credentials",
    say: `No AWS credentials were found: run "aws configure" or "aws sso login", or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
  },
  {
    codes: ["ExpiredToken", "ExpiredTokenException"],
    meaning: "credentials",
    say: `The AWS credentials have expired: ${SIGN_IN}.`,
  },
  {
    codes: ["RequestExpired", "InvalidSecurity.RequestHasExpired", "RequestTimeTooSkewed", "RequestInTheFuture"],
    meaning: "credentials",
    say: `The AWS credentials have expired, or this computer's clock is wrong: check the clock, then ${SIGN_IN}.`,
  },
  {
    codes: ["AuthFailure"],
    about: /authorized for images/i,
    meaning: "configuration",
    say: "The image that `ami` names is not shared with this account: ask its owner to share it, or use another one.",
  },
  {
    codes: ["AuthFailure.ServiceLinkedRoleCreationNotPermitted"],
    meaning: "permission",
    // Ordinary machines need no such role.
    elsewhere: true,
    say: 'The account has no role for spot machines yet, and these credentials may not create it. Have an administrator run "aws iam create-service-linked-role --aws-service-name spot.amazonaws.com" once, or set `spot: "with-fallback"`.',
  },
  {
    codes: [
      "AuthFailure",
      "InvalidClientTokenId",
      "UnrecognizedClientException",
      "SignatureDoesNotMatch",
      "InvalidSignatureException",
      "IncompleteSignature",
      "MissingAuthenticationToken",
      "MissingAuthenticationTokenException",
    ],
    meaning: "credentials",
    say: ({ region }) =>
      `AWS does not accept the credentials: they are wrong or deleted, the region ${region} is not enabled for the account, or this computer's clock is off by more than five minutes.`,
  },
  { codes: DENIED, about: POLICY, meaning: "policy", say: deniedByPolicy },
  {
    codes: DENIED,
    about: /explicit deny/i,
    meaning: "permission",
    say: (failure) =>
      `A policy of these credentials explicitly denies ${missingAction(failure)}: remove that statement. More permissions do not help.${decode(failure)}`,
  },
  {
    codes: DENIED,
    meaning: "permission",
    say: (failure) =>
      `The AWS credentials lack the permission ${missingAction(failure)}: the whole policy is in ${ownFile("docs/providers/aws.md")}.${decode(failure)}`,
  },
  {
    codes: ["TagPolicyViolation"],
    meaning: "policy",
    say: "A tag policy of the organization does not allow these tags: set the names and values that it wants in `tags`, `instanceTags` or `volumeTags`.",
  },
  {
    codes: ["AccountDisabled"],
    meaning: "policy",
    say: "An administrator has disabled this feature for the account: ask the administrator, or change the options that need it.",
  },
  {
    codes: ["OptInRequired"],
    about: /marketplace|product|accept terms/i,
    meaning: "configuration",
    say: ({ message }) =>
      `The image that \`ami\` names is from the AWS Marketplace, and this account has not subscribed to it: subscribe at ${subscribePage(message)}, or use another image.`,
  },
  {
    codes: ["OptInRequired"],
    meaning: "permission",
    say: ({ region }) =>
      `AWS does not let this account use EC2 in the region ${region} yet: enable the region, or complete the sign-up, in the account's settings.`,
  },
  {
    codes: ["PendingVerification"],
    meaning: "transient",
    say: ({ region }) =>
      `AWS is still verifying this account for the region ${region}. That usually takes minutes, at most four hours: try again later, or use another region.`,
  },
  {
    codes: ["Blocked"],
    meaning: "permission",
    say: "AWS has blocked this account: contact AWS Support at https://aws.amazon.com/contact-us/.",
  },
];

function deniedByPolicy(failure: Ec2Failure): string {
  const { message } = failure;
  const kind =
    /explicit deny in an? ([a-z -]+?(?:policy|boundary))/i.exec(message)?.[1] ??
    /because no ([a-z -]+?) allows/i.exec(message)?.[1];
  const which = kind === undefined ? "A policy" : `A ${kind}`;
  const whose = kind === "service control policy" || kind === "resource control policy" ? " of the organization" : "";
  return `${which}${whose} denies ${missingAction(failure)}. More permissions do not help: ask an administrator, or choose what it allows, such as another region, instance type or \`tags\`.${decode(failure)}`;
}

/** EC2 names the action that was missing, which need not be the one that was called: `iam:PassRole` for RunInstances. */
function missingAction({ action, message }: Ec2Failure): string {
  return /perform:? ([a-z0-9-]+:[A-Za-z]+)/u.exec(message)?.[1] ?? `ec2:${action}`;
}

function decode({ message }: Ec2Failure): string {
  return encodedIn(message) === undefined
    ? ""
    : ' "aws sts decode-authorization-message --encoded-message" shows which statement it is.';
}

/** What only `aws sts decode-authorization-message` can read: kilobytes without a blank. */
export function encodedIn(message: string): string | undefined {
  return /Encoded authorization failure message:\s*([\w+/=-]+)/.exec(message)?.[1];
}

function subscribePage(message: string): string {
  return (
    /https:\/\/(?:[a-z\d-]+\.)*(?:amazon|amazonaws)\.(?:com|com\.cn)\/[^\s"'<>]*[^\s"'<>.,)]/.exec(message)?.[0] ??
    "https://aws.amazon.com/marketplace"
  );
}
