import type { ErrorCode } from "../../src/errors.ts";

/** What is known of a failed call or operation. */
export interface Failure {
  /** Such as `instances.insert`. */
  readonly action: string;
  readonly project: string | undefined;
  /** Undefined: Google's own. */
  readonly endpoint: string | undefined;
  readonly message: string;
  /** The HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** Google's short words for it, such as `rateLimitExceeded` or `ZONE_RESOURCE_POOL_EXHAUSTED`; or {@link noAnswer}. */
  readonly reasons: readonly string[];
  readonly attempts: number;
}

export interface Words {
  readonly code: ErrorCode;
  readonly sentence: string;
}

interface Rule {
  readonly action?: string;
  readonly reason?: RegExp;
  readonly message?: RegExp;
  readonly status?: number;
  readonly code: ErrorCode;
  readonly say: string | ((failure: Failure) => string);
}

/** Ours, where nothing of Google's own came that can be understood. */
export const noAnswer = "noAnswer";
const NO_ANSWER = /^noAnswer$/;

const again = ({ attempts }: Failure): string => (attempts > 1 ? ` in ${attempts} tries` : "");
const server = ({ endpoint }: Failure): string => endpoint ?? "Google's Compute Engine";
const theProject = ({ project }: Failure): string => (project === undefined ? "the project" : `the project ${project}`);
const UNREADABLE = "The Google Cloud credentials cannot be read.";
const SIGN_IN = 'run "gcloud auth application-default login"';

/** Asked too often; Google says it in several ways, and mostly with the status of a missing permission. */
export const TOO_OFTEN: Rule = {
  reason:
    /^(?:rateLimitExceeded|userRateLimitExceeded|RATE_LIMIT_EXCEEDED|concurrentOperationLimitExceeded|operationRateExceeded)$/i,
  code: "PROVIDER_FAILED",
  say: (failure) => `Google took no call${again(failure)}: ${theProject(failure)} makes too many a minute.`,
};

/** None to give just now: asking for the same again at once does not help, another zone may. */
export const NO_CAPACITY: Rule = {
  reason: /RESOURCE_POOL_EXHAUSTED|STOCKOUT|^insufficientCapacity$|^INSUFFICIENT_CAPACITY$/i,
  code: "CAPACITY_UNAVAILABLE",
  say: "Google has no such machine to give just now.",
};

/** The first that fits has its way. */
const RULES: readonly Rule[] = [
  {
    message: /could not load the default credentials/i,
    code: "AUTH_FAILED",
    say: `No Google Cloud credentials were found: ${SIGN_IN}, or let GOOGLE_APPLICATION_CREDENTIALS name a key file.`,
  },
  {
    message: /unable to detect a project id/i,
    code: "CONFIG_INVALID",
    say: "GCPCluster needs a project: set its `projectId` option, the variable GOOGLE_CLOUD_PROJECT, or the project of gcloud.",
  },
  {
    message:
      /invalid_grant|invalid_rapt|invalid_client|reauth|(?:token|credentials?) (?:has |have )?(?:been )?(?:expired|revoked)/i,
    code: "AUTH_FAILED",
    say: `The Google Cloud credentials have expired or were revoked: ${SIGN_IN}. If they are fresh, this computer's clock is wrong.`,
  },
  {
    message: /DECODER routines|PEM routines|asymmetric key/,
    code: "AUTH_FAILED",
    say: UNREADABLE,
  },
  {
    action: "credentials",
    message:
      /credentials file|client_email|private_key|does not exist, or it is not a file|unable to read the credential|not a valid JSON|Unexpected token|match one of the following types/i,
    code: "AUTH_FAILED",
    say: UNREADABLE,
  },
  {
    status: 401,
    code: "AUTH_FAILED",
    say: `Google does not accept the credentials: they are wrong or have expired. To renew them, ${SIGN_IN}.`,
  },
  {
    reason: /^(?:accessNotConfigured|SERVICE_DISABLED)$/,
    code: "AUTH_FAILED",
    say: ({ project }) =>
      `The Compute Engine API is not enabled: run "gcloud services enable compute.googleapis.com${project === undefined ? "" : ` --project=${project}`}" and wait a minute or two.`,
  },
  {
    message: /billing (?:to be enabled|account|is disabled|has not been enabled)/i,
    status: 403,
    code: "AUTH_FAILED",
    say: (failure) => `Billing is not enabled for ${theProject(failure)}.`,
  },
  TOO_OFTEN,
  {
    status: 429,
    code: "PROVIDER_FAILED",
    say: TOO_OFTEN.say,
  },
  NO_CAPACITY,
  {
    message: /does not have enough resources available to fulfil/i,
    code: "CAPACITY_UNAVAILABLE",
    say: NO_CAPACITY.say,
  },
  {
    reason: /^(?:quotaExceeded|QUOTA_EXCEEDED|LIMIT_EXCEEDED|limitExceeded|RESOURCE_USAGE_EXCEEDED)$/,
    code: "QUOTA_EXCEEDED",
    say: (failure) =>
      `A quota of ${theProject(failure)} is used up${quotaOf(failure)}: ask for more in the Google Cloud console (IAM & Admin, Quotas), or close other machines.`,
  },
  {
    reason: /^VM_MIN_COUNT_NOT_REACHED$/,
    code: "CAPACITY_UNAVAILABLE",
    say: NO_CAPACITY.say,
  },
  {
    reason: /^IP_SPACE_EXHAUSTED/,
    code: "CAPACITY_UNAVAILABLE",
    say: "The subnet has no free address.",
  },
  {
    reason:
      /^(?:resourceNotReady|resourceInUseByAnotherResource|RESOURCE_NOT_READY|RESOURCE_IN_USE_BY_ANOTHER_RESOURCE)$/,
    code: "PROVIDER_FAILED",
    say: (failure) => `Something that is to be changed is in use or busy still${again(failure)}.`,
  },
  {
    reason: /^(?:alreadyExists|RESOURCE_ALREADY_EXISTS)$/,
    code: "CONFIG_INVALID",
    say: "Something of that name is there already: give the cluster another name.",
  },
  {
    message: /Required '[\w.]+' permission/,
    code: "AUTH_FAILED",
    say: ({ message }) =>
      `The Google Cloud credentials lack the permission ${/Required '([\w.]+)' permission/u.exec(message)?.[1]}: docs/providers/gcp.md has the whole role.`,
  },
  {
    message: /constraints?\/[\w.]+/i,
    code: "CONFIG_INVALID",
    say: ({ message }) => `A policy of the organisation forbids it: ${/constraints?\/([\w.]+)/iu.exec(message)?.[1]}.`,
  },
  {
    status: 403,
    code: "AUTH_FAILED",
    say: (failure) => `Google does not let these credentials do that in ${theProject(failure)}.`,
  },
  { message: /Unknown zone|\/zones\/[\w-]+' was not found/i, code: "CONFIG_INVALID", say: "There is no such zone." },
  {
    message: /Unknown region|\/regions\/[\w-]+' was not found/i,
    code: "CONFIG_INVALID",
    say: "There is no such region.",
  },
  {
    message: /projects\/[\w.:-]+' was not found|Unknown project/i,
    code: "CONFIG_INVALID",
    say: "There is no such project.",
  },
  {
    message: /\/machineTypes\/.+(?:was not found|does not exist)|machine type .+ (?:does not exist|was not found)/i,
    code: "CONFIG_INVALID",
    say: "There is no such machine type in this zone.",
  },
  {
    message: /\/images\/.+was not found/i,
    code: "CONFIG_INVALID",
    say: "The image that `sourceImage` names does not exist, or these credentials may not use it.",
  },
  {
    message:
      /\/networks\/.+was not found|\/subnetworks\/.+was not found|referenced (?:sub)?network resource cannot be found/i,
    code: "CONFIG_INVALID",
    say: "The network or subnet does not exist: see the options `network`, `networkProjectId` and `subnetwork`.",
  },
  {
    message: /\/acceleratorTypes\/|accelerator/i,
    code: "CONFIG_INVALID",
    say: "The GPUs cannot be had like this: see the options `gpuType`, `nGpus` and the machine type, and the zone.",
  },
  {
    message: /diskType/i,
    code: "CONFIG_INVALID",
    say: "The disk cannot be had like this: see the options `diskType` and `filesystemSize`, and the machine type.",
  },
  {
    message: /service ?account/i,
    code: "CONFIG_INVALID",
    say: "The service account cannot be used: see the option `serviceAccount`.",
  },
  {
    message:
      /invalid value for field|INVALID_|required field|UNSUPPORTED|is not supported|CONDITION_NOT_MET|conditionNotMet/i,
    code: "CONFIG_INVALID",
    say: "Compute Engine cannot do what these options ask for.",
  },
  { status: 400, code: "CONFIG_INVALID", say: "Compute Engine cannot do what these options ask for." },
  { status: 404, code: "CONFIG_INVALID", say: "Something that these options name does not exist." },
  {
    message: /ENOTFOUND/,
    reason: NO_ANSWER,
    code: "CONFIG_INVALID",
    say: (failure) => `There is no ${server(failure)}: its address could not be found. Is there a network?`,
  },
  {
    message:
      /EAI_AGAIN|ECONN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|socket hang up|Premature close|certificate|Deadline exceeded|fetch failed/i,
    reason: NO_ANSWER,
    code: "PROVIDER_FAILED",
    say: (failure) => `The connection to ${server(failure)} failed${again(failure)}.`,
  },
  {
    reason: NO_ANSWER,
    code: "PROVIDER_FAILED",
    say: (failure) => `No answer that can be understood came from ${server(failure)}${again(failure)}.`,
  },
];

/** What an error of Google's API, of the SDK, of the credentials or of the network means to the user. */
export function wordsFor(failure: Failure): Words {
  const rule = RULES.find((each) => fits(each, failure));
  if (rule === undefined) return { code: "PROVIDER_FAILED", sentence: `Compute Engine failed${again(failure)}.` };
  const { code, say } = rule;
  return { code, sentence: typeof say === "string" ? say : say(failure) };
}

export function fits(rule: Rule, failure: Failure): boolean {
  const { action, reason, message, status } = rule;
  const words = `${failure.reasons.join(" ")} ${failure.message}`;
  return (
    (reason === undefined || failure.reasons.some((each) => reason.test(each))) &&
    (message === undefined || message.test(words)) &&
    (status === undefined || status === failure.status) &&
    (action === undefined || action === failure.action)
  );
}

/** ` (CPUS: 24 in us-east1)`, as far as Google says it. */
function quotaOf({ message }: Failure): string {
  const { metric, limit, region } =
    /Quota '(?<metric>[\w-]+)' exceeded\.\s+Limit: (?<limit>[\d.]+)(?: in region (?<region>[\w-]+)| globally)?/u.exec(
      message,
    )?.groups ?? {};
  if (metric === undefined) return "";
  return ` (${metric}: ${Number(limit)}${region === undefined ? "" : ` in ${region}`})`;
}
