import type { ErrorCode } from "../../src/errors.ts";

/** What is known of a failed call, operation or machine. */
export interface Failure {
  /** Such as `VirtualMachines_CreateOrUpdate`. */
  readonly action: string;
  readonly endpoint: string;
  /** The name of the error that the SDK has thrown. */
  readonly kind: string;
  /** The HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** Azure's short word for it, such as `AllocationFailed`; or the network's, such as `ECONNRESET`. */
  readonly reason: string;
  readonly message: string;
  readonly attempts: number;
  readonly mayHaveHappened?: boolean;
}

interface Words {
  readonly code: ErrorCode;
  readonly sentence: string;
}

interface Rule {
  readonly action?: RegExp;
  readonly kind?: RegExp;
  readonly status?: number;
  readonly reason?: RegExp;
  readonly message?: RegExp;
  readonly code: ErrorCode;
  readonly say: string | ((failure: Failure) => string);
}

const again = ({ attempts }: Failure): string => (attempts > 1 ? ` in ${attempts} tries` : "");
const server = ({ endpoint }: Failure): string => new URL(endpoint).host;
/** Azure names every error, so one without a name comes from somebody in between. */
const proxy = ({ status }: Failure): string => (status === undefined ? "" : ": is there a proxy in between?");
const SIGN_IN = 'run "az login"';
const ROLE = "docs/providers/azure.md has the whole role";

/** The first that fits has its way. */
const RULES: readonly Rule[] = [
  {
    kind: /^(?:CredentialUnavailableError|AggregateAuthenticationError)$/,
    code: "AUTH_FAILED",
    say: `No Azure credentials were found: ${SIGN_IN}, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.`,
  },
  {
    kind: /^(?:AuthenticationError|AuthenticationRequiredError)$/,
    code: "AUTH_FAILED",
    say: `Azure gives no token for these credentials: they are wrong or have expired. To renew them, ${SIGN_IN}.`,
  },
  { kind: /^CredentialFailure$/, code: "AUTH_FAILED", say: "The `credential` option gives no token." },
  {
    status: 407,
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `A proxy on the way to ${server(failure)} lets nothing through without a user name and a password.`,
  },
  {
    status: 401,
    code: "AUTH_FAILED",
    say: `Azure does not accept the credentials: they are wrong, have expired or are for another cloud or tenant. To renew them, ${SIGN_IN}.`,
  },
  {
    reason: /^(?:AuthorizationFailed|LinkedAuthorizationFailed)$/,
    code: "AUTH_FAILED",
    say: ({ message }) =>
      `The Azure credentials lack the permission ${/perform action '([^']+)'/.exec(message)?.[1] ?? "for that"}: ${ROLE}.`,
  },
  {
    message: /\bexceeding approved\b.*\bquota\b|\bquota limit\b/i,
    code: "QUOTA_EXCEEDED",
    say: (failure) =>
      `A quota of the subscription is used up${quotaOf(failure)}: ask for more in the Azure portal (Quotas), or close other machines.`,
  },
  {
    reason: /^RequestDisallowedByPolicy$/,
    code: "CONFIG_INVALID",
    say: "A policy of the organisation forbids it.",
  },
  {
    reason: /^ScopeLocked$/,
    code: "CONFIG_INVALID",
    say: "A lock on the resource group or the subscription forbids it.",
  },
  { status: 403, code: "AUTH_FAILED", say: `Azure does not let these credentials do that: ${ROLE}.` },
  {
    reason: /^(?:SubscriptionNotFound|InvalidSubscriptionId|ReadOnlyDisabledSubscription)$/,
    code: "CONFIG_INVALID",
    say: "There is no such subscription, or it is disabled: see the `subscriptionId` option.",
  },
  {
    reason: /^ResourceGroupNotFound$/,
    code: "CONFIG_INVALID",
    say: "The resource group that `resourceGroup` names does not exist.",
  },
  {
    reason: /^(?:MissingSubscriptionRegistration|SubscriptionNotRegistered)$/,
    code: "CONFIG_INVALID",
    say: 'The subscription has not registered what is asked for: run "az provider register --namespace Microsoft.Compute" and the same for Microsoft.Network.',
  },
  {
    reason:
      /^(?:InvalidLocation|LocationNotAvailableForResourceType|LocationNotAvailableForResourceGroup|NoRegisteredProviderFound)$/,
    code: "CONFIG_INVALID",
    say: "There is no such location for this subscription: see the `location` option.",
  },
  {
    status: 429,
    code: "PROVIDER_FAILED",
    say: (failure) => `Azure turned the call away${again(failure)}: the subscription makes too many.`,
  },
  {
    reason:
      /^(?:QuotaExceeded|PublicIPCountLimitReached|SubscriptionPublicIPCountLimitReached|.*QuotaExceeded|.*LimitReached|ResourceCountExceedsLimit.*)$/i,
    code: "QUOTA_EXCEEDED",
    say: "A quota of the subscription is used up: ask for more in the Azure portal (Quotas), or close other machines.",
  },
  {
    reason:
      /AllocationFailed|^Overconstrained|^AzureSpot|^SpotPrice|^SkuNotAvailable|CapacityNotAvailable|^InsufficientCapacity|AllocationTimedOut/i,
    code: "CAPACITY_UNAVAILABLE",
    say: "Azure has no such machine to give just now: another size, zone or location may have one.",
  },
  {
    reason: /^SubnetIsFull$/,
    code: "CAPACITY_UNAVAILABLE",
    say: "The subnet has no free address.",
  },
  {
    reason: /^(?:VMMarketplaceInvalidInput|ResourcePurchaseValidationFailed|MarketplacePurchaseEligibilityFailed)$/,
    code: "CONFIG_INVALID",
    say: 'The Marketplace image wants a plan whose terms are accepted: see the `marketplacePlan` option, and run "az vm image terms accept".',
  },
  {
    reason: /ImageNotFound|^InvalidImageReference$|^ArtifactNotFound$/i,
    code: "CONFIG_INVALID",
    say: "The image that `vmImage` names does not exist in this location, or these credentials may not use it.",
  },
  {
    reason: /InUse|CannotBeDeleted|^NicReservedForAnotherVm$/,
    code: "PROVIDER_FAILED",
    say: (failure) => `Something that is to be removed is in use still${again(failure)}.`,
  },
  {
    reason: /^PropertyChangeNotAllowed$/,
    code: "CONFIG_INVALID",
    say: "Something of that name is there already: give the cluster another name.",
  },
  {
    reason: /^OperationNotAllowed$/,
    code: "PROVIDER_FAILED",
    say: (failure) => `Azure does not allow that, or not just now${again(failure)}.`,
  },
  {
    reason: /Conflict|AnotherOperation|Preempted|RetryableError|NotProvisioned/,
    code: "PROVIDER_FAILED",
    say: (failure) => `Something else is under way with what is to be changed${again(failure)}.`,
  },
  { status: 409, code: "PROVIDER_FAILED", say: "Azure does not do that, as things are." },
  {
    reason: /^OSProvisioning/,
    code: "MACHINE_CREATE_FAILED",
    say: "The machine's system did not come up, or did not tell Azure so: does the image have cloud-init or Azure's agent?",
  },
  {
    reason: /^$/,
    kind: /^RestError$/,
    code: "PROVIDER_FAILED",
    say: (failure) =>
      `No answer that can be understood came from ${server(failure)}${again(failure)}${proxy(failure)}.`,
  },
  {
    action: /\(poll\)$/,
    status: 404,
    code: "PROVIDER_FAILED",
    say: "Azure does not know any more what has become of an operation that it had begun.",
  },
  { status: 404, code: "CONFIG_INVALID", say: "Something that these options name does not exist." },
  { status: 400, code: "CONFIG_INVALID", say: "Azure cannot do what these options ask for." },
  {
    reason: /^ENOTFOUND$|^EAI_AGAIN$/,
    code: "PROVIDER_FAILED",
    say: (failure) => `The address of ${server(failure)} could not be found${again(failure)}: is this computer online?`,
  },
  {
    kind: /^AbortError$/,
    code: "PROVIDER_FAILED",
    say: (failure) => `${server(failure)} did not answer in time${again(failure)}.`,
  },
  {
    reason: /^E[A-Z_]+$|^REQUEST_SEND_ERROR$|CERT/,
    code: "PROVIDER_FAILED",
    say: (failure) => `The connection to ${server(failure)} failed${again(failure)}.`,
  },
  {
    kind: /^(?:RestError|SyntaxError|TypeError)$/,
    code: "PROVIDER_FAILED",
    say: (failure) => `No answer that can be understood came from ${server(failure)}${again(failure)}.`,
  },
];

/** What an error of Azure's API, of the SDK, of the credentials or of the network means to the user. */
export function wordsFor(failure: Failure): Words {
  const rule =
    failure.status !== undefined && failure.status >= 500 ? undefined : RULES.find((each) => fits(each, failure));
  if (rule === undefined) {
    return {
      code: "PROVIDER_FAILED",
      sentence: `Azure failed${again(failure)}: ask again later, and see https://azure.status.microsoft.`,
    };
  }
  const { code, say } = rule;
  return { code, sentence: typeof say === "string" ? say : say(failure) };
}

function fits({ action, kind, status, reason, message }: Rule, failure: Failure): boolean {
  return (
    (action?.test(failure.action) ?? true) &&
    (kind?.test(failure.kind) ?? true) &&
    (status === undefined || status === failure.status) &&
    (reason?.test(failure.reason) ?? true) &&
    (message?.test(failure.message) ?? true)
  );
}

/** ` (standardDSv5Family: 10 in eastus)`, as far as Azure says it. */
function quotaOf({ message }: Failure): string {
  const { what, limit, location } =
    /exceeding approved (?<what>[\w ]+?) quota\..*?Location: (?<location>\w+).*?Current Limit: (?<limit>\d+)/i.exec(
      message,
    )?.groups ?? {};
  return what === undefined ? "" : ` (${what}: ${limit} in ${location})`;
}
