import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { ownFile } from "../../../src/files/own-file.ts";
import { type GcpFailure, projectFlag, SIGN_IN, theProject } from "./failure.ts";

const UNREADABLE = "The Google Cloud credentials cannot be read.";
const ROLE = `All permissions that dask-fleet needs are in ${ownFile("docs/providers/gcp.md")}.`;
const REFUSED_CREDENTIALS = `Google does not accept the credentials: they are wrong or have expired. To renew them, ${SIGN_IN}.`;
/** The projects that gcloud's own sign-in belongs to: calls count there if nobody names a quota project. */
const GCLOUD_PROJECTS = "764086051850|32555940559";
const NO_QUOTA_PROJECT = new RegExp(
  `quota project|end user credentials from the Google Cloud SDK|in project (?:${GCLOUD_PROJECTS}) `,
  "i",
);

/** Who asks: credentials and their project. */
export const CREDENTIALS: readonly ErrorEntry<GcpFailure>[] = [
  {
    about: /could not load the default credentials/i,
    meaning: "credentials",
    say: `No Google Cloud credentials were found: ${SIGN_IN}, or set GOOGLE_APPLICATION_CREDENTIALS to a key file.`,
  },
  {
    about: /unable to detect a project id/i,
    meaning: "configuration",
    say: "GCPCluster needs a project: set its `projectId` option, the variable GOOGLE_CLOUD_PROJECT, or the project of gcloud.",
  },
  {
    about:
      /invalid_grant|invalid_rapt|invalid_client|reauth|(?:token|credentials?) (?:has |have )?(?:been )?(?:expired|revoked)/i,
    meaning: "credentials",
    say: `The Google Cloud credentials have expired or were revoked: ${SIGN_IN}. If they are fresh, this computer's clock is wrong.`,
  },
  {
    about: /Could not refresh access token/i,
    statuses: [403, 404],
    meaning: "credentials",
    say: `The metadata server gave no access token. Attach a service account with the scope "cloud-platform" to this machine, or ${SIGN_IN}.`,
  },
  { about: /DECODER routines|PEM routines|asymmetric key/, meaning: "credentials", say: UNREADABLE },
  {
    actions: /^credentials$/,
    about:
      /credentials file|client_email|private_key|does not exist, or it is not a file|unable to read the credential|not a valid JSON|Unexpected token|match one of the following types/i,
    meaning: "credentials",
    say: UNREADABLE,
  },
  {
    codes: ["ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientScopes"],
    meaning: "permission",
    say: 'The access token lacks the scope "https://www.googleapis.com/auth/compute". On a machine of Google\'s, give it the scope "cloud-platform".',
  },
  {
    codes: ["CONSUMER_SUSPENDED", "GCP_SUSPENDED", "accountDeleted", "accountDisabled", "accountUnverified"],
    meaning: "credentials",
    say: (failure) =>
      `Google has suspended ${theProject(failure)} or the account. See the message in the Google Cloud console.`,
  },
  {
    codes: ["CONSUMER_INVALID", "RESOURCE_PROJECT_INVALID"],
    meaning: "configuration",
    say: (failure) => `Google does not know ${theProject(failure)}, or it is deleted: see the \`projectId\` option.`,
  },
  {
    codes: ["USER_PROJECT_DENIED"],
    meaning: "permission",
    say: ({ project = "PROJECT" }) =>
      `These credentials may not use their quota project: run "gcloud auth application-default set-quota-project ${project}", or ask for the role Service Usage Consumer.`,
  },
  {
    codes:
      /^(?:authError|expired|unauthorized|unknownAuth|keyInvalid|keyExpired|lockedDomainExpired|lockedDomainForbidden|insufficientAudience|insufficientAuthorizedParty|CREDENTIALS_MISSING|ACCESS_TOKEN_EXPIRED|ACCESS_TOKEN_TYPE_UNSUPPORTED|ACCOUNT_STATE_INVALID|ACCOUNT_TYPE_UNSUPPORTED|API_KEY_\w+|CREDENTIAL_\w+|JWT_TOKEN_INVALID|OVERLOADED_CREDENTIALS|SESSION_COOKIE_INVALID|USER_BLOCKED_BY_ADMIN|MISSING_ORIGIN)$/,
    meaning: "credentials",
    say: REFUSED_CREDENTIALS,
  },
  { statuses: [401], meaning: "credentials", say: REFUSED_CREDENTIALS },
];

/** Whether the project is set up for Compute Engine. */
export const PROJECT: readonly ErrorEntry<GcpFailure>[] = [
  {
    statuses: [403],
    about: NO_QUOTA_PROJECT,
    meaning: "credentials",
    say: ({ project = "PROJECT" }) =>
      `The user credentials name no quota project: run "gcloud auth application-default set-quota-project ${project}".`,
  },
  {
    codes: ["accessNotConfigured", "SERVICE_DISABLED"],
    actions: /testIamPermissions$/,
    meaning: "permission",
    say: (failure) =>
      `The Cloud Resource Manager API, which tells permissions, is not enabled: run "gcloud services enable cloudresourcemanager.googleapis.com${projectFlag(failure)}". Clusters do not need it.`,
  },
  {
    codes: ["accessNotConfigured", "SERVICE_DISABLED", "SERVICE_NOT_VISIBLE", "MCP_SERVER_DISABLED"],
    meaning: "permission",
    say: (failure) =>
      `The Compute Engine API is not enabled: run "gcloud services enable compute.googleapis.com${projectFlag(failure)}" and wait a minute or two.`,
  },
  {
    codes: ["BILLING_DISABLED", "BILLING_NOT_FOUND", "UREQ_PROJECT_BILLING_NOT_FOUND", "user402", "quotaExceeded402"],
    meaning: "permission",
    say: withoutBilling,
  },
  {
    about:
      /billing (?:to be enabled|is disabled|is not enabled|has not been enabled)|billing account .*\b(?:closed|not open|disabled|not found|absent)|closed billing account/i,
    meaning: "permission",
    say: withoutBilling,
  },
];

/** What those who ask may not do. */
export const PERMISSIONS: readonly ErrorEntry<GcpFailure>[] = [
  {
    codes: ["SERVICE_ACCOUNT_ACCESS_DENIED", "serviceAccountAccessDenied"],
    meaning: "permission",
    say: actAs,
  },
  { about: /iam\.serviceAccounts\.actAs|does not have access to service account/i, meaning: "permission", say: actAs },
  {
    about: /Cloud KMS|cryptoKey/i,
    meaning: "permission",
    say: (failure) =>
      `Compute Engine may not use the disk's encryption key. Grant the role Cloud KMS CryptoKey Encrypter/Decrypter on the key to the Compute Engine Service Agent of ${theProject(failure)}, and enable the key.`,
  },
  {
    about: /Required '[\w.]+' permission/,
    meaning: "permission",
    say: ({ message }) =>
      `The Google Cloud credentials lack the permission ${/Required '([\w.]+)' permission/u.exec(message)?.[1]}: ${ROLE}`,
  },
  {
    codes: [
      "forbidden",
      "insufficientPermissions",
      "permissionDenied",
      "PERMISSIONS_ERROR",
      "PERMISSION_DENIED",
      "IAM_PERMISSION_DENIED",
      "ACCESS_DENIED",
    ],
    meaning: "permission",
    say: denied,
  },
];

/** Where only the status says something. */
export const FORBIDDEN: readonly ErrorEntry<GcpFailure>[] = [{ statuses: [403], meaning: "permission", say: denied }];

function withoutBilling(failure: GcpFailure): string {
  return `Billing is not enabled for ${theProject(failure)}: link a billing account in the Google Cloud console (Billing).`;
}

function actAs({ message }: GcpFailure): string {
  const account = /[\w.-]+@[\w.-]+\.gserviceaccount\.com/u.exec(message)?.[0];
  return `The Google Cloud credentials lack iam.serviceAccounts.actAs on the service account${account === undefined ? "" : ` ${account}`}: ask for the role Service Account User on it, or leave the \`serviceAccount\` option out.`;
}

function denied(failure: GcpFailure): string {
  return `Google denies ${failure.action} to these credentials in ${theProject(failure)}. ${ROLE}`;
}
