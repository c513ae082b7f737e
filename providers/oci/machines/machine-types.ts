import { invalid } from "../../../src/options/invalid.ts";
import type { OciApi } from "../api/client.ts";
import type { Shape } from "../api/sdk.ts";
import type { SizeWishes } from "../options/kinds.ts";

export type Architecture = "x86_64" | "arm64";

/** A shape, and where it is. */
export interface FoundShape {
  readonly shape: Shape;
  /** Names of the availability domains that have it. */
  readonly domains: ReadonlySet<string>;
}

/** What a create call says of the size of a flexible shape. */
export interface ShapeConfig {
  readonly ocpus: number;
  readonly memoryInGBs: number;
}

const GB_PER_VCPU = 4;

/** `VM.Standard.A1.Flex`, `VM.Standard.A2.Flex`, `BM.GPU.GB200.4`: an Ampere or a Grace. */
const ARM = /^(?:VM|BM)\.Standard\.A\d|^BM\.GPU\.GB\d/;

/** By its name. */
export function architectureOf(shape: string): Architecture {
  return ARM.test(shape) ? "arm64" : "x86_64";
}

/** Whether a shape has NVIDIA GPUs, by its name. */
export function hasGpuByName(shape: string): boolean {
  return /^(?:VM|BM)\.GPU(?:\d|\.)/.test(shape) && !/\.MI\d/.test(shape);
}

export function isFlexibleByName(shape: string): boolean {
  return shape.endsWith(".Flex");
}

/** All shapes of these availability domains, by name. */
export async function shapesIn(
  api: OciApi,
  domains: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FoundShape>> {
  const { compartmentId } = api;
  const lists = domains.map(async (availabilityDomain) => {
    const shapes = await api.list("compute", "ListShapes", signal, (client, page) =>
      client.listShapes({ compartmentId, availabilityDomain, limit: 500, ...page }),
    );
    return shapes.map((shape) => ({ shape, domain: availabilityDomain }));
  });
  const found = new Map<string, { readonly shape: Shape; readonly domains: Set<string> }>();
  for (const { shape, domain } of (await Promise.all(lists)).flat()) {
    const known = found.get(shape.shape) ?? { shape, domains: new Set() };
    known.domains.add(domain);
    found.set(shape.shape, known);
  }
  return found;
}

/** NVIDIA's only: Dask's images have no driver for others. */
export function hasGpu({ gpus = 0, gpuDescription = "", shape }: Shape): boolean {
  return gpus > 0 && (/nvidia/i.test(gpuDescription) || hasGpuByName(shape));
}

/**
 * The size of machines of a shape; undefined for one that is not flexible.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for more than the shape takes
 */
export function configOf(name: string, { ocpus, memoryInGBs }: SizeWishes, shape?: Shape): ShapeConfig | undefined {
  if (!(shape?.isFlexible ?? (isFlexibleByName(name) || shape?.ocpuOptions !== undefined))) return undefined;
  const vcpusPerOcpu = architectureOf(name) === "arm64" ? 1 : 2;
  const count = ocpus ?? 2 / vcpusPerOcpu;
  const { min: fewest = 1, max: most = Number.POSITIVE_INFINITY } = shape?.ocpuOptions ?? {};
  if (count < fewest || count > most)
    throw invalid(`The shape ${name} takes ${fewest} to ${most} OCPUs, not ${count}: change \`ocpus\`.`);
  const { least, largest } = memoryFor(count, shape);
  const memory = memoryInGBs ?? Math.min(Math.max(count * vcpusPerOcpu * GB_PER_VCPU, least), largest);
  if (memory < least || memory > largest) {
    throw invalid(
      `The shape ${name} takes ${least} to ${largest} GB of memory with ${count} OCPUs, not ${memory}: change \`memoryInGBs\`.`,
    );
  }
  return { ocpus: count, memoryInGBs: memory };
}

function memoryFor(ocpus: number, shape: Shape | undefined): { readonly least: number; readonly largest: number } {
  const {
    minInGBs = 1,
    maxInGBs = Number.POSITIVE_INFINITY,
    minPerOcpuInGBs = 0,
    maxPerOcpuInGBs = Number.POSITIVE_INFINITY,
  } = shape?.memoryOptions ?? {};
  return {
    least: Math.max(minInGBs, Math.ceil(minPerOcpuInGBs * ocpus)),
    largest: Math.min(maxInGBs, Math.floor(maxPerOcpuInGBs * ocpus)),
  };
}
