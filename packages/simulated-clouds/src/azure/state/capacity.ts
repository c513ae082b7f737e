import { conflict } from "../api-error.ts";
import type { CapacityRule } from "../options.ts";
import type { Account } from "./account.ts";
import type { Vm, VmPlan } from "./vm.ts";

type Wanted = Pick<VmPlan, "size" | "zone" | "spot">;

/** Why there is no capacity for a VM; undefined if there is. */
export function lackOfRoom({ capacity, vms }: Account, wanted: Wanted): Vm["failure"] {
  const held = capacity.filter((rule) => isOf(rule, wanted));
  if (held.length === 0) return undefined;
  const taken = vms.all.filter(({ takesRoom }) => takesRoom);
  const fits = held.every((rule) => taken.filter(({ plan }) => isOf(rule, plan)).length < rule.machines);
  if (fits) return undefined;
  const { zone } = wanted;
  return {
    code: zone === undefined ? "AllocationFailed" : "ZonalAllocationFailed",
    message:
      `Allocation failed. We do not have sufficient capacity for the requested VM size in this ${zone === undefined ? "region" : "zone"}. ` +
      "Read more about improving likelihood of allocation success at https://aka.ms/allocation-guidance",
  };
}

function isOf({ vmSize, zone, priority }: CapacityRule, wanted: Wanted): boolean {
  return (
    (vmSize === undefined || vmSize === wanted.size.name) &&
    (zone === undefined || zone === wanted.zone) &&
    (priority === undefined || (priority === "Spot") === wanted.spot)
  );
}

/** Cores that VMs of a kind use in a location. */
export function coresOf({ vms }: Account, location: string, of: (plan: VmPlan) => boolean): number {
  return vms.all
    .filter((vm) => vm.takesRoom && vm.location === location && of(vm.plan))
    .reduce((sum, { plan }) => sum + plan.size.vcpus, 0);
}

/** @throws ApiError where so many more VMs of a kind would be more than a quota allows */
export function checkQuota(account: Account, { size, spot, location }: VmPlan, count = 1): void {
  const { quotas } = account;
  const used = (of: (plan: VmPlan) => boolean): number => coresOf(account, location, of);
  const more = size.vcpus * count;
  const assert = (what: string, limit: number | undefined, usage: number): void => {
    if (limit !== undefined && usage + more > limit) throw exceeded(what, location, limit, usage, more);
  };
  if (spot) {
    assert(
      "LowPriorityCores",
      quotas.spotVcpus,
      used((plan) => plan.spot),
    );
    return;
  }
  assert(
    "Total Regional Cores",
    quotas.vcpus,
    used((plan) => !plan.spot),
  );
  const { family } = size;
  assert(
    `${family} Cores`,
    quotas.family?.[family],
    used((plan) => !plan.spot && plan.size.family === family),
  );
}

function exceeded(what: string, location: string, limit: number, usage: number, more: number): Error {
  return conflict(
    "OperationNotAllowed",
    `Operation could not be completed as it results in exceeding approved ${what} quota. Additional details - Deployment ` +
      `Model: Resource Manager, Location: ${location}, Current Limit: ${limit}, Current Usage: ${usage}, Additional Required: ` +
      `${more}, (Minimum) New Limit Required: ${usage + more}. Setup Alerts when Quota reaches threshold. Learn more at ` +
      "https://aka.ms/quotamonitoringalerting . Submit a request for Quota increase by specifying parameters listed in the " +
      "'Details' section for deployment to succeed. Please read more about quota limits at " +
      "https://docs.microsoft.com/en-us/azure/azure-supportability/regional-quota-requests",
  );
}
