import { countedKinds, type Limit, roomIn } from "../../../src/cloud/checkup/quota.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import type { ComputeApi } from "../api/client.ts";
import { regionOf } from "../api/links.ts";
import { typesInZones } from "../machines/kinds.ts";
import { describeTypes } from "../machines/machine-types.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";
import { needsOf } from "./needs.ts";

interface Quota {
  readonly metric?: string;
  readonly limit?: number;
  readonly usage?: number;
}

/**
 * Whether a cluster fits into the quotas of the project and of each region. Of the types and regions of a kind of machines, the first
 * are preferred.
 */
export async function quota(api: ComputeApi, options: ResolvedGcpOptions, signal: AbortSignal): Promise<Observation> {
  const kinds = countedKinds(options);
  const byRegion = [...Map.groupBy(kinds, (kind) => regionOf(kind.options.zones[0] ?? ""))];
  const base = `/compute/v1/projects/${encodeURIComponent(api.project)}`;
  const [types, ofRegions, ofProject] = await Promise.all([
    describeTypes(api, kinds.flatMap(typesInZones), signal),
    Promise.all(byRegion.map(([region]) => quotasAt(api, "regions.get", `${base}/regions/${region}`, signal))),
    quotasAt(api, "projects.get", base, signal),
  ]);
  const limitsIn = (quotas: readonly Quota[], of: typeof kinds, prefix = ""): readonly Limit[] => {
    const kept = new Set(quotas.flatMap(({ metric = "", limit = 0 }) => (limit > 0 ? [metric] : [])));
    const needed = needsOf(of, types, (metric) => kept.has(metric));
    return quotas.flatMap(({ metric = "", limit = 0, usage = 0 }) => {
      const amount = needed.get(metric) ?? 0;
      return amount === 0 ? [] : [{ name: `${prefix}${metric}`, used: usage, limit, needed: amount }];
    });
  };
  const limits = [
    ...byRegion.flatMap(([region, here], nth) =>
      limitsIn(ofRegions[nth] ?? [], here, byRegion.length > 1 ? `${region} ` : ""),
    ),
    ...limitsIn(ofProject, kinds),
  ];
  if (limits.length === 0) {
    const regions = byRegion.map(([region]) => region).join(" and ");
    return { state: "unknown", found: `${regions} tells no quota of these machine types` };
  }
  const page = `https://console.cloud.google.com/iam-admin/quotas?project=${api.project}`;
  return roomIn(limits, `Ask for more at ${page}, take fewer or smaller workers, or another region in \`zones\`.`);
}

async function quotasAt(api: ComputeApi, action: string, url: string, signal: AbortSignal): Promise<readonly Quota[]> {
  const { quotas } = ((await api.ask(action, { url }, signal)) ?? {}) as { readonly quotas?: readonly Quota[] };
  return Array.isArray(quotas) ? (quotas as readonly Quota[]) : [];
}
