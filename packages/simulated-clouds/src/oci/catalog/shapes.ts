/** A shape of machines, as far as this simulation knows it. */
export interface ShapeEntry {
  readonly shape: string;
  readonly processorDescription: string;
  readonly arm: boolean;
  /** Of a fixed shape, or the smallest of a flexible one. */
  readonly ocpus: number;
  readonly memoryInGBs: number;
  /** vCPUs of an OCPU: hardware threads of a core. */
  readonly vcpusPerOcpu: 1 | 2;
  readonly flex?: FlexRange | undefined;
  readonly gpus: number;
  readonly gpuDescription?: string | undefined;
  /** How service limits name it: `standard-e4` has `standard-e4-core-count`. */
  readonly limit: string;
  readonly preemptible: boolean;
  readonly billedWhenStopped: boolean;
}

interface FlexRange {
  readonly maxOcpus: number;
  readonly maxMemory: number;
  readonly defaultPerOcpu: number;
  readonly maxPerOcpu: number;
}

const AMD_MILAN = "2.55 GHz AMD EPYC™ 7J13 (Milan)";
const AMD_GENOA = "2.4 GHz AMD EPYC™ 9J14 (Genoa)";
const AMD_ROME = "2.25 GHz AMD EPYC™ 7742 (Rome)";
const AMPERE_ALTRA = "3.0 GHz Ampere® Altra™";
const AMPERE_ONE = "3.0 GHz AmpereOne";
const INTEL_SKYLAKE = "2.0 GHz Intel® Xeon® Platinum 8167M (Skylake)";
const INTEL_ICELAKE = "2.6 GHz Intel® Xeon® Platinum 8358 (Ice Lake)";

const common = { arm: false, vcpusPerOcpu: 2, gpus: 0, preemptible: true, billedWhenStopped: false } as const;

function flexible(
  shape: string,
  processorDescription: string,
  limit: string,
  [maxOcpus, maxMemory, defaultPerOcpu]: readonly [number, number, number],
  more: Partial<ShapeEntry> = {},
): ShapeEntry {
  const flex = { maxOcpus, maxMemory, defaultPerOcpu, maxPerOcpu: 64 };
  return { ...common, shape, processorDescription, limit, ocpus: 1, memoryInGBs: defaultPerOcpu, flex, ...more };
}

function fixed(
  shape: string,
  processorDescription: string,
  limit: string,
  [ocpus, memoryInGBs]: readonly [number, number],
  more: Partial<ShapeEntry> = {},
): ShapeEntry {
  return { ...common, shape, processorDescription, limit, ocpus, memoryInGBs, ...more };
}

function gpu(
  shape: string,
  limit: string,
  [ocpus, memoryInGBs, gpus]: readonly [number, number, number],
  gpuDescription: string,
  processorDescription = INTEL_SKYLAKE,
): ShapeEntry {
  return fixed(shape, processorDescription, limit, [ocpus, memoryInGBs], {
    gpus,
    gpuDescription,
    preemptible: shape.startsWith("VM."),
    billedWhenStopped: true,
  });
}

const METAL = { preemptible: false, billedWhenStopped: true } as const;

export const SHAPES: readonly ShapeEntry[] = [
  flexible("VM.Standard.E3.Flex", AMD_ROME, "standard-e3", [114, 1776, 16]),
  flexible("VM.Standard.E4.Flex", AMD_MILAN, "standard-e4", [114, 1776, 16]),
  flexible("VM.Standard.E5.Flex", AMD_GENOA, "standard-e5", [126, 1776, 12]),
  flexible("VM.Standard3.Flex", INTEL_ICELAKE, "standard3", [56, 896, 16]),
  flexible("VM.Optimized3.Flex", INTEL_ICELAKE, "optimized3", [18, 256, 14]),
  flexible("VM.Standard.A1.Flex", AMPERE_ALTRA, "standard-a1", [80, 512, 6], { arm: true, vcpusPerOcpu: 1 }),
  flexible("VM.Standard.A2.Flex", AMPERE_ONE, "standard-a2", [78, 946, 6], { arm: true }),
  fixed("VM.Standard2.1", INTEL_SKYLAKE, "standard2", [1, 15]),
  fixed("VM.Standard2.2", INTEL_SKYLAKE, "standard2", [2, 30]),
  fixed("VM.Standard2.4", INTEL_SKYLAKE, "standard2", [4, 60]),
  fixed("VM.Standard2.8", INTEL_SKYLAKE, "standard2", [8, 120]),
  fixed("VM.Standard2.16", INTEL_SKYLAKE, "standard2", [16, 240]),
  fixed("VM.Standard2.24", INTEL_SKYLAKE, "standard2", [24, 320]),
  fixed("VM.Standard.E2.1.Micro", "2.0 GHz AMD EPYC™ 7551 (Naples)", "standard-e2-micro", [1, 1], {
    preemptible: false,
  }),
  gpu("VM.GPU.A10.1", "gpu-a10", [15, 240, 1], "NVIDIA® A10", INTEL_ICELAKE),
  gpu("VM.GPU.A10.2", "gpu-a10", [30, 480, 2], "NVIDIA® A10", INTEL_ICELAKE),
  gpu("VM.GPU2.1", "gpu2", [12, 72, 1], "NVIDIA® Tesla® P100"),
  gpu("VM.GPU3.1", "gpu3", [6, 90, 1], "NVIDIA® Tesla® V100"),
  gpu("VM.GPU3.2", "gpu3", [12, 180, 2], "NVIDIA® Tesla® V100"),
  gpu("VM.GPU3.4", "gpu3", [24, 360, 4], "NVIDIA® Tesla® V100"),
  gpu("BM.GPU.A10.4", "gpu-a10", [64, 1024, 4], "NVIDIA® A10", INTEL_ICELAKE),
  fixed("BM.Standard.E4.128", AMD_MILAN, "standard-e4", [128, 2048], METAL),
  fixed("BM.Standard3.64", INTEL_ICELAKE, "standard3", [64, 1024], METAL),
  fixed("BM.Standard.A1.160", AMPERE_ALTRA, "standard-a1", [160, 1024], { ...METAL, arm: true, vcpusPerOcpu: 1 }),
];

/** As `listShapes` shows it. */
export function shapeJson(entry: ShapeEntry): Readonly<Record<string, unknown>> {
  const { shape, processorDescription, ocpus, memoryInGBs, flex, gpus, gpuDescription } = entry;
  return {
    shape,
    processorDescription,
    ocpus,
    memoryInGBs,
    networkingBandwidthInGbps: Math.max(1, Math.min(40, ocpus)),
    maxVnicAttachments: 2,
    networkPorts: 1,
    gpus,
    gpuDescription: gpuDescription ?? null,
    localDisks: 0,
    isLiveMigrationSupported: shape.startsWith("VM.") && gpus === 0,
    isBilledForStoppedInstance: entry.billedWhenStopped,
    billingType: shape.endsWith(".Micro") ? "ALWAYS_FREE" : shape === "VM.Standard.A1.Flex" ? "LIMITED_FREE" : "PAID",
    isFlexible: flex !== undefined,
    quotaNames: limitNames(entry),
    ...(flex === undefined
      ? {}
      : {
          ocpuOptions: { min: 1, max: flex.maxOcpus },
          memoryOptions: {
            minInGBs: 1,
            maxInGBs: flex.maxMemory,
            defaultPerOcpuInGBs: flex.defaultPerOcpu,
            minPerOcpuInGBs: 1,
            maxPerOcpuInGBs: flex.maxPerOcpu,
          },
        }),
  };
}

/** The service limits that count machines of a shape. */
export function limitNames({ limit, gpus, flex }: ShapeEntry): readonly string[] {
  if (gpus > 0) return [`${limit}-count`];
  return [`${limit}-core-count`, ...(flex === undefined ? [] : [`${limit}-memory-count`])];
}
