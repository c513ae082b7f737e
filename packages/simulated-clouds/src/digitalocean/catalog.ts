// As `GET /v2/sizes`, `/v2/regions` and `/v2/images` tell of them, each with the fields that the API promises.

export const REGIONS: readonly string[] = ["nyc1", "nyc3", "fra1", "sfo3", "blr1"];

export interface SizeEntry {
  readonly slug: string;
  readonly memory: number;
  readonly vcpus: number;
  readonly disk: number;
  readonly transfer: number;
  readonly price_monthly: number;
  readonly price_hourly: number;
  readonly regions: readonly string[];
  readonly available: boolean;
  readonly description: string;
  readonly gpu_info?: {
    readonly count: number;
    readonly model: string;
    readonly vram: { readonly amount: number; readonly unit: string };
  };
}

function size(
  slug: string,
  [memory, vcpus, disk]: readonly [number, number, number],
  more: Partial<SizeEntry> = {},
): SizeEntry {
  return {
    slug,
    memory,
    vcpus,
    disk,
    transfer: vcpus,
    price_monthly: 12 * vcpus,
    price_hourly: 0.018 * vcpus,
    regions: REGIONS,
    available: true,
    description: "Basic",
    ...more,
  };
}

export const SIZES: readonly SizeEntry[] = [
  size("s-1vcpu-512mb-10gb", [512, 1, 10]),
  size("s-1vcpu-1gb", [1024, 1, 25]),
  size("s-2vcpu-4gb", [4096, 2, 80]),
  size("s-4vcpu-8gb", [8192, 4, 160]),
  size("c-2", [4096, 2, 25], { description: "CPU-Optimized", regions: ["nyc1", "fra1"] }),
  size("g-2vcpu-8gb", [8192, 2, 25], { description: "General Purpose", available: false, regions: [] }),
  size("gpu-h100x1-80gb", [245_760, 20, 720], {
    description: "H100 GPU - 1X",
    regions: ["nyc3"],
    gpu_info: { count: 1, model: "nvidia_h100", vram: { amount: 80, unit: "gib" } },
  }),
  size("gpu-mi300x1-192gb", [245_760, 20, 720], {
    description: "AMD MI300X - 1X",
    regions: ["nyc3"],
    gpu_info: { count: 1, model: "amd_mi300x", vram: { amount: 192, unit: "gib" } },
  }),
];

export interface ImageEntry {
  readonly id: number;
  readonly name: string;
  readonly type: "base" | "snapshot";
  readonly distribution: string;
  readonly slug: string | null;
  readonly public: boolean;
  readonly regions: readonly string[];
  readonly created_at: string;
  readonly min_disk_size: number;
  readonly size_gigabytes: number;
  readonly description: string;
  readonly tags: readonly string[];
  readonly status: string;
}

function image(
  id: number,
  slug: string | null,
  distribution: string,
  name: string,
  more: Partial<ImageEntry> = {},
): ImageEntry {
  return {
    id,
    name,
    type: slug === null ? "snapshot" : "base",
    distribution,
    slug,
    public: slug !== null,
    regions: REGIONS,
    created_at: "2026-08-01T12:00:00Z",
    min_disk_size: 7,
    size_gigabytes: 0.68,
    description: `${distribution} ${name} image`,
    tags: [],
    status: "available",
    ...more,
  };
}

export const IMAGES: readonly ImageEntry[] = [
  image(112929408, "centos-stream-9-x64", "CentOS", "9 Stream x64"),
  image(129211873, "debian-12-x64", "Debian", "12 x64"),
  image(112929454, "ubuntu-22-04-x64", "Ubuntu", "22.04 (LTS) x64"),
  image(155133621, "ubuntu-24-04-x64", "Ubuntu", "24.04 (LTS) x64"),
  image(182000001, "ubuntu-25-10-x64", "Ubuntu", "25.10 x64"),
  image(200000001, "ubuntu-26-04-x64", "Ubuntu", "26.04 (LTS) x64", { regions: ["nyc1", "nyc3", "fra1"] }),
  image(171000001, null, "Ubuntu", "dask-baked", { min_disk_size: 60, regions: ["nyc3"] }),
];
