import { ApiError } from "../api-error.ts";
import type { CapacityRule } from "../options.ts";
import type { OperationError } from "./operations.ts";
import type { VmPlan } from "./vm-plan.ts";
import type { Vm } from "./vm.ts";

const ADVICE =
  "https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-vm-creation#resource_availability";

/** How many more VMs of a kind a zone has room for, and the rule that says so. */
export function roomFor(
  rules: readonly CapacityRule[],
  vms: readonly Vm[],
  plan: Pick<VmPlan, "zone" | "machineType" | "scheduling">,
): { readonly vms: number; readonly code: string } {
  let room = { vms: Number.POSITIVE_INFINITY, code: "" };
  for (const rule of rules) {
    if (!fits(rule, plan)) continue;
    const taken = vms.filter((vm) => vm.takesCapacity && fits(rule, vm.plan)).length;
    const left = Math.max(0, rule.vms - taken);
    if (left < room.vms) room = { vms: left, code: rule.code ?? "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS" };
  }
  return room;
}

function fits(
  rule: CapacityRule,
  { zone, machineType, scheduling }: Pick<VmPlan, "zone" | "machineType" | "scheduling">,
): boolean {
  const { zone: ruleZone = zone, machineType: type = machineType.name, provisioningModel = scheduling.model } = rule;
  return ruleZone === zone && type === machineType.name && provisioningModel === scheduling.model;
}

/** A zone that has no room for a VM. */
export function stockoutError({ project, zone, machineType }: VmPlan, code: string): OperationError {
  const where = `The zone 'projects/${project}/zones/${zone}' does not have enough resources available to fulfill the request.`;
  const common = { code, httpStatus: 503, httpMessage: "SERVICE UNAVAILABLE" };
  if (!code.endsWith("_WITH_DETAILS"))
    return { ...common, message: `${where}  Try a different zone, or try again later.` };
  return {
    ...common,
    message: `${where}  '(resource type:compute)'.`,
    errorDetails: [
      { help: { links: [{ description: "Troubleshooting documentation", url: ADVICE }] } },
      {
        localizedMessage: {
          locale: "en-US",
          message: `A ${machineType.name} VM instance is currently unavailable in the ${zone} zone. Consider trying your request in another zone.`,
        },
      },
      {
        errorInfo: {
          domain: "compute.googleapis.com",
          reason: "resource_availability",
          metadatas: { attachment: "", vmType: machineType.name, zone, zonesAvailable: "" },
        },
      },
    ],
  };
}

export function stockoutRefusal(plan: VmPlan): ApiError {
  return new ApiError({ code: 503, reason: "insufficientCapacity" }, stockoutError(plan, "").message);
}
