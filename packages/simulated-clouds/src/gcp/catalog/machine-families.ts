import { acceleratorTypesIn } from "./accelerators.ts";
import { ZONES } from "./zones.ts";

export type Architecture = "X86_64" | "ARM64";

/** A machine series, and what fits its VMs. */
export interface MachineFamily {
  readonly name: string;
  readonly architecture: Architecture;
  /** vCPUs of its predefined types, by the middle of their names: `standard` for `e2-standard-4`. */
  readonly cpus: Readonly<Record<string, readonly number[]>>;
  /** MB for each vCPU, by the same. */
  readonly memoryMb: Readonly<Record<string, number>>;
  readonly diskTypes: readonly string[];
  /** What a boot disk is without a type. */
  readonly defaultDiskType: string;
  /** Whether GPUs can be attached. */
  readonly attachesGpus: boolean;
  /** The GPUs that its types come with, by their whole names. */
  readonly bundledGpus?: Readonly<Record<string, { readonly type: string; readonly count: number }>>;
  /** How custom types are called before `custom-<cpus>-<MB>`, where there are any. */
  readonly customPrefix?: string;
  readonly cpuPlatform: string;
  readonly zones: readonly string[];
}

const PERSISTENT = ["pd-standard", "pd-balanced", "pd-ssd"];
const HYPERDISK = ["hyperdisk-balanced"];
const COMMON = { standard: 4096, highmem: 8192, highcpu: 1024 };

function where(...excluded: readonly string[]): readonly string[] {
  return ZONES.filter((zone) => !excluded.includes(zone));
}

function whereGpusOf(type: string): readonly string[] {
  return ZONES.filter((zone) => acceleratorTypesIn(zone).some(({ name }) => name === type));
}

const X86 = { architecture: "X86_64", attachesGpus: false } as const;
const ARM = { architecture: "ARM64", attachesGpus: false } as const;
const FIRST = { diskTypes: PERSISTENT, defaultDiskType: "pd-standard" } as const;

export const MACHINE_FAMILIES: readonly MachineFamily[] = [
  {
    ...X86,
    ...FIRST,
    name: "e2",
    cpus: { standard: [2, 4, 8, 16, 32], highmem: [2, 4, 8, 16], highcpu: [2, 4, 8, 16, 32] },
    memoryMb: COMMON,
    customPrefix: "e2-",
    cpuPlatform: "Intel Broadwell",
    zones: ZONES,
  },
  {
    ...X86,
    ...FIRST,
    name: "n1",
    attachesGpus: true,
    cpus: {
      standard: [1, 2, 4, 8, 16, 32, 64, 96],
      highmem: [2, 4, 8, 16, 32, 64, 96],
      highcpu: [2, 4, 8, 16, 32, 64, 96],
    },
    memoryMb: { standard: 3840, highmem: 6656, highcpu: 922 },
    customPrefix: "",
    cpuPlatform: "Intel Haswell",
    zones: ZONES,
  },
  {
    ...X86,
    ...FIRST,
    name: "n2",
    cpus: {
      standard: [2, 4, 8, 16, 32, 48, 64, 80, 96, 128],
      highmem: [2, 4, 8, 16, 32, 48, 64],
      highcpu: [2, 4, 8, 16],
    },
    memoryMb: COMMON,
    customPrefix: "n2-",
    cpuPlatform: "Intel Cascade Lake",
    zones: ZONES,
  },
  {
    ...X86,
    ...FIRST,
    name: "t2d",
    cpus: { standard: [1, 2, 4, 8, 16, 32, 48, 60] },
    memoryMb: COMMON,
    cpuPlatform: "AMD Milan",
    zones: where("us-east1-b"),
  },
  {
    ...X86,
    name: "c4",
    diskTypes: HYPERDISK,
    defaultDiskType: "hyperdisk-balanced",
    cpus: { standard: [2, 4, 8, 16, 24, 32, 48, 96, 192], highmem: [2, 4, 8], highcpu: [2, 4, 8] },
    memoryMb: { standard: 3840, highmem: 7936, highcpu: 2048 },
    cpuPlatform: "Intel Emerald Rapids",
    zones: where("us-central1-f", "us-east1-b"),
  },
  {
    ...ARM,
    ...FIRST,
    name: "t2a",
    cpus: { standard: [1, 2, 4, 8, 16, 32, 48] },
    memoryMb: COMMON,
    cpuPlatform: "Ampere Altra",
    zones: ["us-central1-a", "us-central1-b", "us-central1-f"],
  },
  {
    ...ARM,
    name: "c4a",
    diskTypes: HYPERDISK,
    defaultDiskType: "hyperdisk-balanced",
    cpus: { standard: [1, 2, 4, 8, 16, 32, 48, 64, 72], highmem: [1, 2, 4, 8], highcpu: [1, 2, 4, 8] },
    memoryMb: { standard: 4096, highmem: 8192, highcpu: 2048 },
    cpuPlatform: "Google Axion",
    zones: where("us-central1-f"),
  },
  {
    ...X86,
    name: "g2",
    diskTypes: ["pd-balanced", "pd-ssd", ...HYPERDISK],
    defaultDiskType: "pd-balanced",
    cpus: { standard: [4, 8, 12, 16, 24, 32, 48, 96] },
    memoryMb: COMMON,
    bundledGpus: {
      "g2-standard-4": { type: "nvidia-l4", count: 1 },
      "g2-standard-8": { type: "nvidia-l4", count: 1 },
      "g2-standard-12": { type: "nvidia-l4", count: 1 },
      "g2-standard-16": { type: "nvidia-l4", count: 1 },
      "g2-standard-24": { type: "nvidia-l4", count: 2 },
      "g2-standard-32": { type: "nvidia-l4", count: 1 },
      "g2-standard-48": { type: "nvidia-l4", count: 4 },
      "g2-standard-96": { type: "nvidia-l4", count: 8 },
    },
    cpuPlatform: "Intel Cascade Lake",
    zones: whereGpusOf("nvidia-l4"),
  },
  {
    ...X86,
    ...FIRST,
    name: "a2",
    cpus: { highgpu: [12, 24, 48, 96] },
    memoryMb: { highgpu: 87040 / 12 },
    bundledGpus: {
      "a2-highgpu-1g": { type: "nvidia-tesla-a100", count: 1 },
      "a2-highgpu-2g": { type: "nvidia-tesla-a100", count: 2 },
      "a2-highgpu-4g": { type: "nvidia-tesla-a100", count: 4 },
      "a2-highgpu-8g": { type: "nvidia-tesla-a100", count: 8 },
    },
    cpuPlatform: "Intel Cascade Lake",
    zones: whereGpusOf("nvidia-tesla-a100"),
  },
];
