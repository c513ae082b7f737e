import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { printableName } from "../../../src/text/printable.ts";
import { type AzureFailure, byPolicies, ofKind, ROLE, says, SIGN_IN } from "./failure.ts";

const NEW_ROLE = "A role that was assigned a moment ago takes some minutes to apply.";

/** Who asks, and what they may do. */
export const ACCESS: readonly ErrorEntry<AzureFailure>[] = [
  {
    when: ofKind("CredentialUnavailableError", "AggregateAuthenticationError"),
    meaning: "credentials",
    say: `No Azure credentials were found: ${SIGN_IN}, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.`,
  },
  {
    when: ofKind("AuthenticationError", "AuthenticationRequiredError"),
    meaning: "credentials",
    say: `Azure issued no token for these credentials: they are wrong or expired. To renew them, ${SIGN_IN}.`,
  },
  {
    when: ofKind("CredentialFailure"),
    meaning: "credentials",
    say: "The `credential` option returned no token.",
  },
  {
    codes: ["InvalidAuthenticationTokenTenant"],
    meaning: "credentials",
    say: 'The credentials are of another tenant than the subscription: run "az login --tenant TENANT", or set AZURE_TENANT_ID.',
  },
  {
    codes: ["InvalidAuthenticationTokenAudience"],
    meaning: "credentials",
    say: "The token is for another cloud. Check the `endpoint` and `audience` options.",
  },
  {
    codes: [
      "AuthenticationFailed",
      "AuthenticationFailedMissingToken",
      "AuthenticationFailedInvalidHeader",
      "ExpiredAuthenticationToken",
      "InvalidAuthenticationToken",
      "InvalidAuthenticationInfo",
      "Unauthorized",
    ],
    statuses: [401, 403, undefined],
    meaning: "credentials",
    say: notAccepted,
  },
  { statuses: [401], meaning: "credentials", say: notAccepted },
  {
    codes: ["LinkedAuthorizationFailed"],
    when: says(/the current tenant '[^']*' is not authorized to access linked subscription/i),
    meaning: "permission",
    say: "What the options name is in a subscription of another tenant, which these credentials may not use. Name something of your own tenant.",
  },
  {
    codes: ["LinkedAuthorizationFailed", "LinkedAccessCheckFailed"],
    meaning: "permission",
    say: (failure) => `The Azure credentials ${missing(failure)}. ${ROLE} ${NEW_ROLE}`,
  },
  {
    codes: ["DenyAssignmentAuthorizationFailed"],
    meaning: "policy",
    say: "A deny assignment forbids it, whatever roles the credentials have. Its owner is named in the Azure portal (Access control, Deny assignments).",
  },
  {
    codes: ["AuthorizationFailed"],
    meaning: "permission",
    say: (failure) => `The Azure credentials ${missing(failure)}. ${ROLE} ${NEW_ROLE}`,
  },
  {
    codes: ["RequestDisallowedByPolicy", "PolicyViolation", "DisallowedByPolicy"],
    meaning: "policy",
    say: (failure) =>
      `An Azure policy forbids it${byPolicies(failure)}. Options such as \`tags\`, \`location\`, \`vmSize\` or \`publicIp\` may satisfy it; else ask its owner for an exemption.`,
  },
  {
    codes: ["RequestDisallowedByAzure"],
    meaning: "policy",
    say: "This subscription may not use that region. Set another `location`. Trial and student subscriptions have few regions.",
  },
  {
    codes: ["ScopeLocked"],
    meaning: "policy",
    say: "A lock on the resource group or the subscription forbids it: remove the lock in the Azure portal (Locks).",
  },
  {
    codes: ["DisallowedProvider", "DisallowedOperation", "DisallowedResourceType"],
    meaning: "policy",
    say: "This subscription may not use that service of Azure: use another subscription, or ask who manages it.",
  },
  {
    codes: ["SubscriptionNotFound", "InvalidSubscriptionId"],
    meaning: "configuration",
    say: "The subscription does not exist, or these credentials do not see it. Check the `subscriptionId` option.",
  },
  {
    codes: [
      "ReadOnlyDisabledSubscription",
      "SubscriptionDisabled",
      "DisabledSubscription",
      "SubscriptionNotActive",
      "SubscriptionStateForbidden",
      "SubscriptionSuspended",
    ],
    meaning: "policy",
    say: "The subscription is disabled. Reactivate it in the Azure portal (Subscriptions); a bill or a spending limit is the usual reason.",
  },
  {
    codes: [
      "MissingSubscriptionRegistration",
      "SubscriptionNotRegistered",
      "InvalidSubscriptionRegistrationState",
      "NotRegistered",
    ],
    meaning: "configuration",
    say: 'The subscription has not registered a required service. Run "az provider register --namespace Microsoft.Compute" and the same for Microsoft.Network.',
  },
  {
    codes: [
      "SubscriptionNotRegisteredForFeature",
      "FeatureNotRegistered",
      "FeatureNotEnabled",
      "NotRegisteredForFeature",
    ],
    meaning: "configuration",
    say: 'The subscription has not registered a feature that the options need. Run "az feature register" for it, or leave out the option.',
  },
  {
    codes: ["ResourceGroupNotFound"],
    meaning: "configuration",
    say: "The resource group that `resourceGroup` names does not exist.",
  },
  {
    codes: ["ResourceGroupBeingDeleted", "ResourceGroupDeleting"],
    meaning: "configuration",
    say: "The resource group that `resourceGroup` names is being deleted: use another one.",
  },
];

/** Codes that no other rule matches. */
export const FORBIDDEN: readonly ErrorEntry<AzureFailure>[] = [
  {
    statuses: [403],
    meaning: "permission",
    say: `Azure denies it to these credentials. ${ROLE} ${NEW_ROLE}`,
  },
  {
    // An operation that was accepted and failed, or a machine.
    statuses: [undefined],
    when: ({ codes }) => codes.length > 0,
    meaning: "unknown",
    say: ({ codes }) =>
      `Azure could not do it: ${printableName(codes[0] ?? "")}, a reason that dask-fleet does not know. The activity log of the resource group in the Azure portal says more.`,
  },
];

/** `lack the permission Microsoft.Compute/virtualMachines/write on /subscriptions/…` */
function missing({ message, inner }: AzureFailure): string {
  const text = `${message} ${inner}`;
  // A linked refusal names first the permission that is there.
  const { actions } =
    /does not have (?:authorization|permission) to perform action(?:\(s\))? (?<actions>'[^']+'(?:,\s*'[^']+')*)/i.exec(
      text,
    )?.groups ?? {};
  if (actions === undefined) return "lack a permission for that";
  const { scope } = /(?:over scope|on the linked scope(?:\(s\))?) '(?<scope>[^']+)'/i.exec(text)?.groups ?? {};
  const names = actions.replaceAll("'", "");
  return `lack the permission ${names}${scope === undefined ? "" : ` on ${scope}`}`;
}

function notAccepted(): string {
  return `Azure does not accept the credentials: they are wrong, have expired or are for another cloud or tenant. To renew them, ${SIGN_IN}.`;
}
