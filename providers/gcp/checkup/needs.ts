import type { CountedKind } from "../../../src/cloud/checkup/quota.ts";
import { capacityTypesOf, hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import type { MachineType } from "../machines/machine-types.ts";
import { attachedGpusOf, typesOf } from "../options/kinds.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";

/** Series whose vCPUs count for the ordinary quota. Others have one of their own, such as `C3_CPUS`; of the newest, no list tells it. */
const ORDINARY = /^(?:e2|n1|f1|g1|custom)-/;

/**
 * How much machines need of each quota, by its metric: of the kinds together, since they share quotas.
 *
 * @param isKept whether the project has a quota of that metric
 */
export function needsOf(
  kinds: readonly CountedKind<ResolvedGcpOptions>[],
  types: ReadonlyMap<string, MachineType>,
  isKept: (metric: string) => boolean,
): ReadonlyMap<string, number> {
  const needed = new Map<string, number>();
  const need = (metric: string, amount: number): void => void needed.set(metric, (needed.get(metric) ?? 0) + amount);
  for (const kind of kinds) {
    const { role, options, count } = kind;
    const [machineType = ""] = typesOf(kind);
    const type = types.get(machineType);
    const { nGpus, gpuType } = attachedGpusOf(kind);
    const gpus = nGpus > 0 && gpuType !== undefined ? { type: gpuType, count: nGpus } : type?.gpus;
    const vcpus = count * (type?.vcpus ?? 0);
    const isSpot = capacityTypesOf(role, options.spot)[0] === "spot";
    // A project without a quota for preemptible ones takes them from the ordinary quota.
    const metricFor = (preemptible: string, usual: string): string =>
      isSpot && isKept(preemptible) ? preemptible : usual;
    need(metricFor("PREEMPTIBLE_CPUS", cpuMetric(machineType)), vcpus);
    need("CPUS_ALL_REGIONS", vcpus);
    if (gpus !== undefined) {
      const metric = gpuMetric(gpus.type);
      need(metricFor(`PREEMPTIBLE_${metric}`, metric), count * gpus.count);
      need("GPUS_ALL_REGIONS", count * gpus.count);
    }
    need("INSTANCES", count);
    need("IN_USE_ADDRESSES", hasPublicIp(role, options) ? count : 0);
  }
  return needed;
}

function cpuMetric(machineType: string): string {
  return ORDINARY.test(machineType) ? "CPUS" : `${machineType.split("-")[0]?.toUpperCase() ?? ""}_CPUS`;
}

/** `nvidia-tesla-t4` is `NVIDIA_T4_GPUS`, `nvidia-a100-80gb` is `NVIDIA_A100_80GB_GPUS`. */
function gpuMetric(gpuType: string): string {
  return `${gpuType.replace("-tesla", "").replaceAll("-", "_").toUpperCase()}_GPUS`;
}
