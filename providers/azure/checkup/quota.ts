import { type CountedKind, countedKinds, type Limit, roomIn } from "../../../src/cloud/checkup/quota.ts";
import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import type { AzureApi } from "../api/client.ts";
import { sameName } from "../api/resource-id.ts";
import { sizesOf } from "../machines/kinds.ts";
import { SizeCatalogue } from "../machines/machine-types.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";

const ALL_CORES = "cores";
const SPOT_CORES = "lowPriorityCores";
const PUBLIC_ADDRESSES: readonly string[] = ["PublicIPAddresses", "IPv4StandardSkuPublicIpAddresses"];
const RAISE = "Ask for more in the Azure portal (Quotas), or take fewer or smaller workers, or another `location`.";

interface Need {
  readonly name: string;
  readonly amount: number;
}

/** Whether a cluster fits into the location's quotas of cores and public addresses. */
export async function quota(api: AzureApi, options: ResolvedAzureOptions, signal: AbortSignal): Promise<Observation> {
  const { location } = options;
  const [sizes, ofCompute, ofNetwork] = await Promise.all([
    SizeCatalogue.of(api, location, signal),
    api.list("Usage_List", signal, ({ compute }) => compute.usage.list(location)),
    api.list("Usages_List", signal, ({ network }) => network.usages.list(location)),
  ]);
  const needs = countedKinds(options).flatMap((kind) => needsOf(kind, sizes));
  const limits = [...ofCompute, ...ofNetwork].flatMap(({ name, currentValue, limit }): readonly Limit[] => {
    const needed = needs.reduce((sum, need) => sum + (sameName(name?.value, need.name) ? need.amount : 0), 0);
    return needed === 0 ? [] : [{ name: name?.localizedValue ?? name?.value ?? "", used: currentValue, limit, needed }];
  });
  if (limits.length === 0) return { state: "unknown", found: `${location} tells no quota of these sizes` };
  return roomIn(limits, RAISE);
}

/** If all machines of a kind have its preferred size. Families have no quota of spot machines. */
function needsOf(kind: CountedKind<ResolvedAzureOptions>, sizes: SizeCatalogue): readonly Need[] {
  const { role, options, count } = kind;
  const [size = ""] = sizesOf(kind);
  const { vcpus, family } = sizes.named(size);
  const amount = count * vcpus;
  const isSpot = role === "worker" && options.spot !== false;
  const addresses = hasPublicIp(role, options) ? PUBLIC_ADDRESSES : [];
  return [
    ...(isSpot ? [SPOT_CORES] : [ALL_CORES, family]).map((name) => ({ name, amount })),
    ...addresses.map((name) => ({ name, amount: count })),
  ];
}
