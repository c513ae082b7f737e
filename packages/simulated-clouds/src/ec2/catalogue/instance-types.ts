import type { QuotaFamily } from "../options.ts";

interface Gpu {
  readonly manufacturer: "NVIDIA" | "AMD";
  readonly name: string;
  readonly count: number;
  readonly memoryMiB: number;
}

export interface TypeFacts {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architecture: "x86_64" | "arm64";
  readonly nitro: boolean;
  /** Letters of the zones of `us-east-1` that have it. */
  readonly zoneLetters: string;
  readonly gpu?: Gpu | undefined;
  /** What an hour of it costs as a spot instance, in dollars. */
  readonly spotPrice: number;
}

const MODERN = "abcdf";
const GIB = 1024;

function family(
  name: string,
  facts: Pick<TypeFacts, "architecture"> & Partial<TypeFacts>,
  sizes: Readonly<Record<string, readonly [vcpus: number, memoryGiB: number]>>,
): TypeFacts[] {
  return Object.entries(sizes).map(([size, [vcpus, memoryGiB]]) => ({
    name: `${name}.${size}`,
    vcpus,
    memoryMiB: memoryGiB * GIB,
    nitro: true,
    zoneLetters: MODERN,
    spotPrice: (vcpus * 0.0125 + memoryGiB * 0.001) * (facts.gpu === undefined ? 1 : 10),
    ...facts,
  }));
}

const SMALL = { nano: [2, 0.5], micro: [2, 1], small: [2, 2], medium: [2, 4], large: [2, 8], xlarge: [4, 16] } as const;
const GENERAL = { large: [2, 8], xlarge: [4, 16], "2xlarge": [8, 32], "4xlarge": [16, 64] } as const;
const COMPUTE = { large: [2, 4], xlarge: [4, 8], "2xlarge": [8, 16], "4xlarge": [16, 32] } as const;

/** Some of EC2's instance types, in no order. Not every zone has every type; `us-east-1e` has only old ones. */
export const INSTANCE_TYPES: readonly TypeFacts[] = [
  ...family("m5", { architecture: "x86_64", zoneLetters: "abcdef" }, GENERAL),
  ...family("t4g", { architecture: "arm64" }, SMALL),
  ...family("t3", { architecture: "x86_64" }, { ...SMALL, "2xlarge": [8, 32] }),
  ...family("t2", { architecture: "x86_64", nitro: false, zoneLetters: "abcdef" }, { micro: [1, 1], large: [2, 8] }),
  ...family("m7i-flex", { architecture: "x86_64", zoneLetters: "abcd" }, GENERAL),
  ...family("m7i", { architecture: "x86_64", zoneLetters: "abcd" }, GENERAL),
  ...family("m6i", { architecture: "x86_64" }, GENERAL),
  ...family("c6i", { architecture: "x86_64" }, COMPUTE),
  ...family("c7g", { architecture: "arm64", zoneLetters: "abcd" }, COMPUTE),
  ...family("m7g", { architecture: "arm64", zoneLetters: "abcd" }, { medium: [1, 4], ...GENERAL }),
  ...family("r6i", { architecture: "x86_64" }, { large: [2, 16], xlarge: [4, 32] }),
  ...family("r7i", { architecture: "x86_64", zoneLetters: "abcd" }, { large: [2, 16], "16xlarge": [64, 512] }),
  ...family("c7i", { architecture: "x86_64", zoneLetters: "abcd" }, COMPUTE),
  ...family(
    "g6",
    {
      architecture: "x86_64",
      zoneLetters: "bcd",
      gpu: { manufacturer: "NVIDIA", name: "L4", count: 1, memoryMiB: 24 * GIB },
    },
    { xlarge: [4, 16] },
  ),
  ...family(
    "g4dn",
    { architecture: "x86_64", gpu: { manufacturer: "NVIDIA", name: "T4", count: 1, memoryMiB: 16 * GIB } },
    { xlarge: [4, 16], "2xlarge": [8, 32] },
  ),
  ...family(
    "g5",
    {
      architecture: "x86_64",
      zoneLetters: "abcd",
      gpu: { manufacturer: "NVIDIA", name: "A10G", count: 1, memoryMiB: 24 * GIB },
    },
    { xlarge: [4, 16] },
  ),
  ...family(
    "g4ad",
    {
      architecture: "x86_64",
      zoneLetters: "abcd",
      gpu: { manufacturer: "AMD", name: "Radeon Pro V520", count: 1, memoryMiB: 8 * GIB },
    },
    { xlarge: [4, 16] },
  ),
  ...family(
    "g5g",
    {
      architecture: "arm64",
      zoneLetters: "bc",
      gpu: { manufacturer: "NVIDIA", name: "T4g", count: 1, memoryMiB: 16 * GIB },
    },
    { xlarge: [4, 8] },
  ),
  ...family(
    "p3",
    {
      architecture: "x86_64",
      nitro: false,
      zoneLetters: "cdf",
      gpu: { manufacturer: "NVIDIA", name: "V100", count: 1, memoryMiB: 16 * GIB },
    },
    { "2xlarge": [8, 61] },
  ),
];

/** Whether a zone has a type. Elsewhere than in `us-east-1` every zone has what `us-east-1a` has. */
export function offers(zone: string, { zoneLetters }: TypeFacts): boolean {
  return zoneLetters.includes(zone.startsWith("us-east-1") ? zone.slice(-1) : "a");
}

export function quotaFamily({ name }: TypeFacts): QuotaFamily {
  if (name.startsWith("p")) return "p";
  return name.startsWith("g") ? "g" : "standard";
}
