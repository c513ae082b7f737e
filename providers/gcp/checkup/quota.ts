import { type Limit, roomIn, workersOf } from "../../../src/cloud/checkup/quota.ts";
import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import type { ComputeApi } from "../api/client.ts";
import { regionOf } from "../api/links.ts";
import { describeTypes } from "../machines/machine-types.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";

interface Quota {
  readonly metric?: string;
  readonly limit?: number;
  readonly usage?: number;
}

/** Families whose vCPUs count for the ordinary quota; others have one of their own, such as `C3_CPUS`. */
const ORDINARY = /^(?:e2|n1|f1|g1)-/;

/** Whether a cluster fits into the region's and the project's quotas. Where there are several regions, the first is preferred. */
export async function quota(api: ComputeApi, options: ResolvedGcpOptions, signal: AbortSignal): Promise<Observation> {
  const { zones, schedulerInstanceType, workerInstanceType, spot } = options;
  const [zone = ""] = zones;
  const region = regionOf(zone);
  const base = `/compute/v1/projects/${encodeURIComponent(api.project)}`;
  const [types, ofRegion, ofProject] = await Promise.all([
    describeTypes(api, [...new Set([schedulerInstanceType, workerInstanceType])], zones, signal),
    quotasAt(api, "regions.get", `${base}/regions/${region}`, signal),
    quotasAt(api, "projects.get", base, signal),
  ]);
  const workers = workersOf(options);
  const cpusOf = (type: string): number => types.get(type)?.vcpus ?? 0;
  const hasPreemptible = ofRegion.some(({ metric, limit = 0 }) => metric === "PREEMPTIBLE_CPUS" && limit > 0);
  const needed = new Map<string, number>();
  const need = (metric: string, amount: number): void => void needed.set(metric, (needed.get(metric) ?? 0) + amount);
  need(metricOf(schedulerInstanceType), cpusOf(schedulerInstanceType));
  // A project without a quota for preemptible vCPUs takes them from the ordinary one.
  need(
    spot !== false && hasPreemptible ? "PREEMPTIBLE_CPUS" : metricOf(workerInstanceType),
    workers * cpusOf(workerInstanceType),
  );
  need("CPUS_ALL_REGIONS", cpusOf(schedulerInstanceType) + workers * cpusOf(workerInstanceType));
  need("INSTANCES", 1 + workers);
  need(
    "IN_USE_ADDRESSES",
    (hasPublicIp("scheduler", options) ? 1 : 0) + (hasPublicIp("worker", options) ? workers : 0),
  );
  const limits = [...ofRegion, ...ofProject].flatMap(({ metric = "", limit = 0, usage = 0 }): readonly Limit[] => {
    const amount = needed.get(metric) ?? 0;
    return amount === 0 ? [] : [{ name: metric, used: usage, limit, needed: amount }];
  });
  if (limits.length === 0) return { state: "unknown", found: `${region} tells no quota of these machine types` };
  const page = `https://console.cloud.google.com/iam-admin/quotas?project=${api.project}`;
  return roomIn(limits, `Ask for more at ${page}, take fewer or smaller workers, or another region in \`zones\`.`);
}

function metricOf(machineType: string): string {
  return ORDINARY.test(machineType) ? "CPUS" : `${machineType.split("-")[0]?.toUpperCase() ?? ""}_CPUS`;
}

async function quotasAt(api: ComputeApi, action: string, url: string, signal: AbortSignal): Promise<readonly Quota[]> {
  const { quotas } = ((await api.ask(action, { url }, signal)) ?? {}) as { readonly quotas?: readonly Quota[] };
  return Array.isArray(quotas) ? (quotas as readonly Quota[]) : [];
}
