import { type Limit, roomIn, workersOf } from "../../../src/cloud/checkup/quota.ts";
import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import type { Observation } from "../../../src/provider/checkup.ts";
import type { AzureApi } from "../api/client.ts";
import { sameName } from "../api/resource-id.ts";
import { describeSizes } from "../machines/machine-types.ts";
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
  const { location, schedulerInstanceType, workerInstanceType, spot } = options;
  const [sizes, ofCompute, ofNetwork] = await Promise.all([
    describeSizes(api, [...new Set([schedulerInstanceType, workerInstanceType])], location, signal),
    api.list("Usage_List", signal, ({ compute }) => compute.usage.list(location)),
    api.list("Usages_List", signal, ({ network }) => network.usages.list(location)),
  ]);
  const workers = workersOf(options);
  const [scheduler, worker] = [sizes.get(schedulerInstanceType), sizes.get(workerInstanceType)];
  const ofWorkers = workers * (worker?.vcpus ?? 0);
  const ofScheduler = scheduler?.vcpus ?? 0;
  const addresses = (hasPublicIp("scheduler", options) ? 1 : 0) + (hasPublicIp("worker", options) ? workers : 0);
  const needs: readonly Need[] = [
    { name: ALL_CORES, amount: ofScheduler },
    { name: scheduler?.family ?? "", amount: ofScheduler },
    ...(spot === false
      ? [
          { name: ALL_CORES, amount: ofWorkers },
          { name: worker?.family ?? "", amount: ofWorkers },
        ]
      : [{ name: SPOT_CORES, amount: ofWorkers }]),
    ...PUBLIC_ADDRESSES.map((name) => ({ name, amount: addresses })),
  ];
  const limits = [...ofCompute, ...ofNetwork].flatMap(({ name, currentValue, limit }): readonly Limit[] => {
    const needed = needs.reduce((sum, need) => sum + (sameName(name?.value, need.name) ? need.amount : 0), 0);
    return needed === 0 ? [] : [{ name: name?.localizedValue ?? name?.value ?? "", used: currentValue, limit, needed }];
  });
  if (limits.length === 0) return { state: "unknown", found: `${location} tells no quota of these sizes` };
  return roomIn(limits, RAISE);
}
