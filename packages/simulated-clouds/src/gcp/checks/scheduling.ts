import { badRequest, invalidField } from "../api-error.ts";
import type { DurationInput, SchedulingInput } from "../resources.ts";
import type { SchedulingPlan } from "../state/vm-plan.ts";

const SHORTEST_RUN_S = 30;
const LONGEST_RUN_S = 120 * 86_400;

/**
 * Checks `scheduling` and completes it.
 *
 * @param field such as `resource.scheduling`
 */
export function checkScheduling(
  field: string,
  input: SchedulingInput = {},
  { hasGpus, now }: { readonly hasGpus: boolean; readonly now: number },
): SchedulingPlan {
  const { preemptible: old = false, provisioningModel: model = old ? "SPOT" : "STANDARD" } = input;
  if (model !== "SPOT" && model !== "STANDARD") {
    throw invalidField(`${field}.provisioningModel`, model, "This project cannot use it.");
  }
  const preemptible = model === "SPOT";
  const limited = input.maxRunDuration !== undefined || input.terminationTime !== undefined;
  const onHostMaintenance = input.onHostMaintenance ?? (preemptible ? "TERMINATE" : "MIGRATE");
  const automaticRestart = input.automaticRestart ?? !preemptible;
  if (preemptible && automaticRestart) {
    const why = "Scheduling must have preemptible be false when AutomaticRestart is true.";
    throw invalidField(`${field}.preemptible`, "true", why);
  }
  if (preemptible && onHostMaintenance !== "TERMINATE") {
    const why = "Scheduling must have preemptible be false when OnHostMaintenance isn't TERMINATE.";
    throw invalidField(`${field}.preemptible`, "true", why);
  }
  if (input.preemptible === true && input.provisioningModel === "STANDARD") {
    const why = "The preemptible flag contradicts the standard provisioning model.";
    throw invalidField(`${field}.provisioningModel`, "STANDARD", why);
  }
  if (hasGpus && onHostMaintenance !== "TERMINATE") {
    throw badRequest("Instances with guest accelerators do not support live migration.");
  }
  checkTerminationAction(field, input, limited);
  const { instanceTerminationAction: action } = input;
  return {
    model,
    preemptible: preemptible && input.provisioningModel === undefined,
    terminationAction: action === "DELETE" ? "DELETE" : "STOP",
    maxRunMs: input.maxRunDuration === undefined ? undefined : runMs(`${field}.maxRunDuration`, input.maxRunDuration),
    terminationTime: terminationTime(`${field}.terminationTime`, input.terminationTime, now),
    json: {
      ...input,
      onHostMaintenance,
      automaticRestart,
      preemptible,
      provisioningModel: model,
      ...(preemptible && action === undefined ? { instanceTerminationAction: "STOP" } : {}),
    },
  };
}

function checkTerminationAction(field: string, input: SchedulingInput, limited: boolean): void {
  const { instanceTerminationAction: action, provisioningModel: model } = input;
  if (limited && input.maxRunDuration !== undefined && input.terminationTime !== undefined) {
    throw invalidField(`${field}.terminationTime`, input.terminationTime, "Only one time limit can be specified.");
  }
  if (limited && action === undefined) {
    throw invalidField(
      `${field}.instanceTerminationAction`,
      "",
      "A VM with a time limit must have a termination action.",
    );
  }
  if (action !== undefined && model !== "SPOT" && !limited) {
    const why =
      "You cannot specify a termination action for a VM instance that has the standard provisioning model (default). " +
      "To use instance termination action, the VM instance must use the Spot, Reservation-Bound or Flex Start provisioning model.";
    throw invalidField(`${field}.instanceTerminationAction`, action, why);
  }
}

function runMs(field: string, { seconds = 0, nanos = 0 }: DurationInput): number {
  const total = Number(seconds) + nanos / 1e9;
  if (total < SHORTEST_RUN_S || total > LONGEST_RUN_S) {
    const why = `Max run duration must be between ${SHORTEST_RUN_S} seconds and ${LONGEST_RUN_S} seconds (120 days).`;
    throw invalidField(field, `${total}s`, why);
  }
  return total * 1000;
}

function terminationTime(field: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const time = Date.parse(text);
  const ahead = (time - now) / 1000;
  if (!(ahead >= SHORTEST_RUN_S && ahead <= LONGEST_RUN_S)) {
    throw invalidField(field, text, "The termination time must be between 30 seconds and 120 days from now.");
  }
  return time;
}
