import { ApiError } from "../api-error.ts";
import { regionOf } from "../catalog/zones.ts";
import type { QuotaMetric } from "../options.ts";
import type { Account } from "./account.ts";
import type { OperationError } from "./operations.ts";
import type { VmPlan } from "./vm-plan.ts";
import type { Vm } from "./vm.ts";

export const QUOTA_METRICS: readonly QuotaMetric[] = ["CPUS", "PREEMPTIBLE_CPUS", "IN_USE_ADDRESSES", "INSTANCES"];

/** How much a region's VMs use of a quota. */
export function usageOf({ vms, quota }: Account, region: string, metric: QuotaMetric): number {
  const inRegion = vms.all.filter((vm) => regionOf(vm.plan.zone) === region);
  return inRegion.reduce((sum, vm) => sum + (counts(vm, metric) ? needOf(vm.plan, metric, quota) : 0), 0);
}

/** A VM that is stopped takes a name and nothing more. */
function counts(vm: Vm, metric: QuotaMetric): boolean {
  return metric === "INSTANCES" || vm.takesCapacity;
}

function needOf(
  { machineType, scheduling, accessConfig }: VmPlan,
  metric: QuotaMetric,
  quota: Account["quota"],
): number {
  // A project without a quota for preemptible vCPUs takes them from the ordinary one.
  const preemptible = scheduling.model === "SPOT" && quota.PREEMPTIBLE_CPUS !== undefined;
  const needs: Readonly<Record<QuotaMetric, number>> = {
    CPUS: preemptible ? 0 : machineType.guestCpus,
    PREEMPTIBLE_CPUS: preemptible ? machineType.guestCpus : 0,
    IN_USE_ADDRESSES: accessConfig === undefined ? 0 : 1,
    INSTANCES: 1,
  };
  return needs[metric];
}

/** How many such VMs the quotas allow more, and the quota that says so. */
export function quotaFor(
  account: Account,
  plan: VmPlan,
): { readonly vms: number; readonly metric: QuotaMetric; readonly limit: number } {
  let left = { vms: Number.POSITIVE_INFINITY, metric: "CPUS" as QuotaMetric, limit: Number.POSITIVE_INFINITY };
  for (const metric of QUOTA_METRICS) {
    const limit = account.quota[metric];
    const need = needOf(plan, metric, account.quota);
    if (limit === undefined || need === 0) continue;
    const vms = Math.max(0, Math.floor((limit - usageOf(account, regionOf(plan.zone), metric)) / need));
    if (vms < left.vms) left = { vms, metric, limit };
  }
  return left;
}

function quotaMessage(region: string, metric: QuotaMetric, limit: number): string {
  return `Quota '${metric}' exceeded.  Limit: ${limit.toFixed(1)} in region ${region}.`;
}

export function quotaRefusal(region: string, metric: QuotaMetric, limit: number): ApiError {
  return new ApiError({ code: 403, reason: "quotaExceeded" }, quotaMessage(region, metric, limit));
}

export function quotaError(region: string, metric: QuotaMetric, limit: number): OperationError {
  const words = metric.toLowerCase();
  return {
    code: "QUOTA_EXCEEDED",
    message: quotaMessage(region, metric, limit),
    errorDetails: [
      {
        quotaInfo: {
          metricName: `compute.googleapis.com/${words}`,
          limitName: `${metric.replaceAll("_", "-")}-per-project-region`,
          dimensions: { region },
          limit,
        },
      },
    ],
    httpStatus: 403,
    httpMessage: "FORBIDDEN",
  };
}
