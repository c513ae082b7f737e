import { ApiError } from "../api-error.ts";
import { regionOf } from "../catalog/zones.ts";
import type { QuotaMetric } from "../options.ts";
import type { Account } from "./account.ts";
import type { OperationError } from "./operations.ts";
import type { VmPlan } from "./vm-plan.ts";
import type { Vm } from "./vm.ts";

const SERIES = ["N2", "T2D", "T2A", "A2"] as const;
/** Series whose vCPUs count for the ordinary quota. */
const ORDINARY = new Set(["e2", "n1"]);
const GPUS = ["T4", "V100", "P100", "L4", "A100"] as const;

/** Quotas of each region. */
export const REGION_METRICS: readonly QuotaMetric[] = [
  "CPUS",
  "PREEMPTIBLE_CPUS",
  "IN_USE_ADDRESSES",
  "INSTANCES",
  ...SERIES.map((series) => `${series}_CPUS` as const),
  ...GPUS.flatMap((gpu) => [`NVIDIA_${gpu}_GPUS`, `PREEMPTIBLE_NVIDIA_${gpu}_GPUS`] as const),
];

/** Those and what no list shows. */
const ALL_OF_REGION: readonly QuotaMetric[] = [...REGION_METRICS, "CPUS_PER_VM_FAMILY"];

/** Quotas of the project. */
export const PROJECT_METRICS: readonly QuotaMetric[] = ["GPUS_ALL_REGIONS"];

/**
 * How much VMs use of a quota.
 *
 * @param region undefined for a quota of the project
 */
export function usageOf(
  { vms, quota }: Account,
  region: string | undefined,
  metric: QuotaMetric,
  family?: string,
): number {
  const counted = vms.all
    .filter((vm) => region === undefined || regionOf(vm.plan.zone) === region)
    .filter((vm) => family === undefined || vm.plan.machineType.family.name === family);
  return counted.reduce((sum, vm) => sum + (counts(vm, metric) ? needOf(vm.plan, metric, quota) : 0), 0);
}

/** A VM that is stopped takes a name and nothing more. */
function counts(vm: Vm, metric: QuotaMetric): boolean {
  return metric === "INSTANCES" || vm.takesCapacity;
}

function needOf(plan: VmPlan, metric: QuotaMetric, quota: Account["quota"]): number {
  const { machineType, accessConfig, gpus } = plan;
  if (metric === "INSTANCES") return 1;
  if (metric === "IN_USE_ADDRESSES") return accessConfig === undefined ? 0 : 1;
  const count = gpus.reduce((sum, each) => sum + each.count, 0);
  if (metric === "GPUS_ALL_REGIONS") return count;
  if (metric === cpuMetric(plan, quota)) return machineType.guestCpus;
  return gpus.some(({ type }) => metric === gpuMetric(type, plan, quota)) ? count : 0;
}

/** A project without a quota for preemptible vCPUs takes them from the ordinary one. */
function cpuMetric({ machineType, scheduling }: VmPlan, quota: Account["quota"]): string {
  if (scheduling.model === "SPOT" && quota.PREEMPTIBLE_CPUS !== undefined) return "PREEMPTIBLE_CPUS";
  const { name } = machineType.family;
  if (ORDINARY.has(name)) return "CPUS";
  const series = SERIES.find((each) => each.toLowerCase() === name);
  return series === undefined ? "CPUS_PER_VM_FAMILY" : `${series}_CPUS`;
}

function gpuMetric(type: string, { scheduling }: VmPlan, quota: Account["quota"]): string | undefined {
  const gpu = GPUS.find((each) => type.endsWith(`-${each.toLowerCase()}`));
  if (gpu === undefined) return undefined;
  const preemptible = `PREEMPTIBLE_NVIDIA_${gpu}_GPUS` as const;
  return scheduling.model === "SPOT" && quota[preemptible] !== undefined ? preemptible : `NVIDIA_${gpu}_GPUS`;
}

/** A quota that is exceeded; without a region it is the project's. */
interface Exceeded {
  readonly metric: QuotaMetric;
  readonly limit: number;
  readonly region: string | undefined;
  /** The series, where each has the quota for itself. */
  readonly family: string | undefined;
}

/** How many such VMs the quotas allow more, and the quota that says so. */
export function quotaFor(account: Account, plan: VmPlan): Exceeded & { readonly vms: number } {
  const own = regionOf(plan.zone);
  let left: Exceeded & { readonly vms: number } = {
    vms: Infinity,
    metric: "CPUS",
    limit: Infinity,
    region: own,
    family: undefined,
  };
  for (const metric of [...ALL_OF_REGION, ...PROJECT_METRICS]) {
    const region = PROJECT_METRICS.includes(metric) ? undefined : own;
    const family = metric === "CPUS_PER_VM_FAMILY" ? plan.machineType.family.name : undefined;
    const limit = account.quota[metric];
    const need = needOf(plan, metric, account.quota);
    if (limit === undefined || need === 0) continue;
    const vms = Math.max(0, Math.floor((limit - usageOf(account, region, metric, family)) / need));
    if (vms < left.vms) left = { vms, metric, limit, region, family };
  }
  return left;
}

function quotaMessage({ region, metric, limit }: Exceeded): string {
  const where = region === undefined ? "globally" : `in region ${region}`;
  return `Quota '${metric}' exceeded.  Limit: ${limit.toFixed(1)} ${where}.`;
}

export function quotaRefusal(exceeded: Exceeded): ApiError {
  return new ApiError({ code: 403, reason: "quotaExceeded" }, quotaMessage(exceeded));
}

export function quotaError(exceeded: Exceeded): OperationError {
  const { region, metric, limit, family } = exceeded;
  return {
    code: "QUOTA_EXCEEDED",
    message: quotaMessage(exceeded),
    errorDetails: [
      {
        quotaInfo: {
          metricName: `compute.googleapis.com/${metric.toLowerCase()}`,
          limitName: `${metric.replaceAll("_", "-")}-per-project${region === undefined ? "" : "-region"}`,
          dimensions: {
            region: region ?? "global",
            ...(family === undefined ? {} : { vm_family: family.toUpperCase() }),
          },
          limit,
        },
      },
    ],
    httpStatus: 403,
    httpMessage: "FORBIDDEN",
  };
}
