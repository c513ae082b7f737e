import type { ErrorEntry } from "../../../src/cloud/errors/error-table.ts";
import { type AzureFailure, says, tries } from "./failure.ts";

/** What ends by itself: throttling, server errors, resources that are busy. */
export const TRANSIENT: readonly ErrorEntry<AzureFailure>[] = [
  {
    statuses: [429],
    meaning: "throttled",
    say: (failure) => `Azure throttled the call${tries(failure)}: the subscription makes too many. Try again later.`,
  },
  {
    codes: /^(?:TooMany\w*Requests\w*|\w*RequestsThrottled|\w*Throttled|RequestThrottled\w*|RateLimitExceeded)$/i,
    meaning: "throttled",
    say: (failure) => `Azure throttled the call${tries(failure)}: the subscription makes too many. Try again later.`,
  },
  {
    codes: /^PreconditionFailed|^ConditionNotMet$|^EtagMismatch/,
    meaning: "transient",
    say: (failure) => `The resource was changed by something else at the same time${tries(failure)}. Try again.`,
  },
  {
    statuses: [412],
    meaning: "transient",
    say: "The resource was changed by something else at the same time. Try again.",
  },
  {
    codes: ["InstanceIdsListInstanceIdNotActiveVM", "VMNotFound", "InstanceNotFound"],
    meaning: "gone",
    say: "The machine is not a member of its scale set any more.",
  },
  {
    when: says(/is not an active Virtual Machine Scale Set VM instanceId/i),
    meaning: "gone",
    say: "The machine is not a member of its scale set any more.",
  },
  {
    codes: ["OperationNotAllowed", "Conflict"],
    when: says(/marked for deletion|being deleted/i),
    meaning: "transient",
    say: "A resource of this name is still being deleted. Try again when it is gone.",
  },
  {
    codes: ["OperationNotAllowed"],
    when: says(
      /another operation is in progress|ongoing operation|perform operation .* after some time|since the VM is (?:running|deallocated)/i,
    ),
    meaning: "transient",
    say: (failure) => `Another operation with the same resource is in progress${tries(failure)}. Try again later.`,
  },
  {
    codes:
      /Conflict|AnotherOperation|Preempted|RetryableError|NotProvisioned|^Canceled|BeingUpdated|OperationInProgress|PlatformUpdate|^ResourceNotReady/,
    meaning: "transient",
    say: (failure) => `Another operation with the same resource is in progress${tries(failure)}. Try again later.`,
  },
  {
    codes: ["OSProvisioningClientError"],
    code: "MACHINE_CREATE_FAILED",
    meaning: "configuration",
    say: "The machine's operating system could not be set up. Check that the image has cloud-init or Azure's agent, and accepts the `adminUsername`.",
  },
  {
    codes: /^OSProvisioning/,
    code: "MACHINE_CREATE_FAILED",
    meaning: "unknown",
    say: "The machine's operating system did not report ready. Check that the image has cloud-init or Azure's agent.",
  },
  {
    codes: [
      "VMExtensionHandlerNonTransientError",
      "VMExtensionProvisioningError",
      "VMExtensionProvisioningTimeout",
      "VMAgentStatusCommunicationError",
      "VMExtensionManagementInternalError",
    ],
    code: "MACHINE_CREATE_FAILED",
    meaning: "unknown",
    say: "A VM extension failed on the machine. dask-fleet installs none: an Azure policy or the image does.",
  },
  {
    codes: ["VMStartTimedOut", "VMRedeploymentFailed", "VMRedeploymentTimedOut", "VMStartFailed"],
    meaning: "transient",
    say: "Azure could not start the machine in time. Try again later.",
  },
  {
    codes:
      /Internal\w*Error$|^ServiceUnavailable$|^ServerTimeout$|^GatewayTimeout$|^BadGateway$|^ServerBusy$|^RequestTimeout$|TimedOut$|^Timeout$|^FabricError|^InternalExecutionError$|^UnexpectedError$|^UnknownError$|^NetworkingInternal/i,
    meaning: "transient",
    say: (failure) =>
      `Azure had an internal error${tries(failure)}. Try again later; https://azure.status.microsoft shows outages.`,
  },
  {
    when: ({ status = 0 }) => status >= 500,
    meaning: "transient",
    say: (failure) =>
      `Azure had an internal error${tries(failure)}. Try again later; https://azure.status.microsoft shows outages.`,
  },
];
