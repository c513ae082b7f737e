import { ApiError } from "../api-error.ts";
import { regionOf } from "../catalog/zones.ts";
import type { PolicyOptions } from "../options.ts";
import type { OperationError } from "./operations.ts";
import type { VmPlan } from "./vm-plan.ts";

const MORE =
  "See https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints for more information.";

/** What a policy of the organization has against a VM; undefined where it may be. */
function violationOf(policies: PolicyOptions, plan: VmPlan, path: string): string | undefined {
  const { project, zone, input, accessConfig, disks } = plan;
  const violated = (constraint: string): string => `Constraint constraints/${constraint} violated for project`;
  if (policies.resourceLocations?.includes(regionOf(zone)) === false) {
    return `Location ${zone} violates constraint constraints/gcp.resourceLocations on the resource ${path}.`;
  }
  const foreign = disks.find(({ image }) => policies.trustedImageProjects?.includes(image?.project ?? "") === false);
  if (foreign !== undefined) {
    return `${violated("compute.trustedImageProjects")} ${project}. Use of images from project ${foreign.image?.project} is prohibited.`;
  }
  if (policies.vmExternalIpAccess === "deny" && accessConfig !== undefined) {
    return `${violated("compute.vmExternalIpAccess")} ${project}. Add instance ${path} to the constraint to use external IP with it.`;
  }
  if (policies.requireShieldedVm === true && input.shieldedInstanceConfig?.enableSecureBoot !== true) {
    return `${violated("compute.requireShieldedVm")} projects/${project}. Secure Boot is not enabled in the 'shielded_instance_config' field. ${MORE}`;
  }
  const osLogin = input.metadata?.items?.find(({ key }) => key === "enable-oslogin")?.value;
  if (policies.requireOsLogin === true && osLogin?.toUpperCase() !== "TRUE") {
    return `${violated("compute.requireOsLogin")} ${project}. OS Login must be enabled. ${MORE}`;
  }
  const missing = (policies.requiredLabels ?? []).filter((label) => !(label in (input.labels ?? {})));
  if (missing.length > 0) {
    return `Operation denied by org policy: ["customConstraints/custom.requireLabels": "VMs need the labels ${missing.join(", ")}."].`;
  }
  return undefined;
}

/** @throws ApiError 412 where a policy forbids the VM. */
export function assertAllowed(policies: PolicyOptions, plan: VmPlan, path: string): void {
  const message = violationOf(policies, plan, path);
  if (message !== undefined)
    throw new ApiError({ code: 412, reason: "conditionNotMet", location: "If-Match" }, message);
}

/** The same for one VM of many, reported in its operation. */
export function policyError(policies: PolicyOptions, plan: VmPlan, path: string): OperationError | undefined {
  const message = violationOf(policies, plan, path);
  return message === undefined
    ? undefined
    : { code: "CONDITION_NOT_MET", message, httpStatus: 412, httpMessage: "PRECONDITION FAILED" };
}
