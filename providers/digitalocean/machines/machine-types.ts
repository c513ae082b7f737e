import { invalid } from "../../../src/options/invalid.ts";
import type { Size } from "../api/api-types.ts";
import type { DropletApi } from "../api/client.ts";

/** A size of droplets that a region has. All of them are x86-64. */
export interface MachineType {
  readonly slug: string;
  /** GB. */
  readonly disk: number;
  /** Whether it has NVIDIA GPUs. */
  readonly gpu: boolean;
}

/**
 * All sizes of droplets.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for a region that has none
 */
export async function sizesIn(api: DropletApi, region: string, signal: AbortSignal): Promise<readonly Size[]> {
  const sizes = await api.list<Size>("/sizes", "sizes", { idOf: ({ slug }) => slug }, signal);
  if (sizes.some(({ regions }) => regions.includes(region))) return sizes;
  const regions = [...new Set(sizes.flatMap((size) => size.regions))].sort();
  throw invalid(`DigitalOcean has no droplets in the region ${region}. It has them in ${regions.join(", ")}.`);
}

/** @throws DaskFleetError `CONFIG_INVALID` for a size that does not exist or that the region does not have */
export function machineType(sizes: readonly Size[], slug: string, region: string): MachineType {
  const size = sizes.find((each) => each.slug === slug);
  if (size === undefined) throw invalid(`DigitalOcean has no droplets of the size ${slug}, or not for this account.`);
  if (!size.available || !size.regions.includes(region)) {
    const elsewhere = size.available && size.regions.length > 0 ? `; ${size.regions.join(", ")} have them` : "";
    throw invalid(`The region ${region} has no droplets of the size ${slug}${elsewhere}.`);
  }
  return { slug, disk: size.disk, gpu: hasNvidia(size) };
}

/** The model is `nvidia_h100` or `amd_mi300x`. */
function hasNvidia({ gpu_info: gpu }: Size): boolean {
  return gpu !== undefined && gpu !== null && !/^amd/i.test(gpu.model ?? "");
}
