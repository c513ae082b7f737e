import type { Architecture, Generation } from "./sizes.ts";

export interface MarketplacePlan {
  readonly name: string;
  readonly publisher: string;
  readonly product: string;
}

export interface ImageEntry {
  readonly publisher: string;
  readonly offer: string;
  readonly sku: string;
  /** The oldest first, as lists have them. */
  readonly versions: readonly string[];
  readonly architecture: Architecture;
  readonly generation: Generation;
  readonly diskSizeGb: number;
  readonly plan?: MarketplacePlan | undefined;
}

const VERSIONS = ["24.04.202601010", "24.04.202609090", "24.04.202610020"];

function canonical(offer: string, sku: string, release: string, more: Partial<ImageEntry> = {}): ImageEntry {
  return {
    publisher: "Canonical",
    offer,
    sku,
    versions: VERSIONS.map((version) => version.replace("24.04", release)),
    architecture: "x64",
    generation: "V2",
    diskSizeGb: 30,
    ...more,
  };
}

function ubuntu(offer: string, release: string): readonly ImageEntry[] {
  return [
    canonical(offer, "minimal", release),
    canonical(offer, "server", release),
    canonical(offer, "server-arm64", release, { architecture: "Arm64" }),
    canonical(offer, "server-gen1", release, { generation: "V1" }),
  ];
}

export const IMAGES: readonly ImageEntry[] = [
  canonical("0001-com-ubuntu-server-jammy", "22_04-lts", "22.04", { generation: "V1" }),
  canonical("0001-com-ubuntu-server-jammy", "22_04-lts-gen2", "22.04"),
  canonical("0001-com-ubuntu-server-jammy", "22_04-lts-arm64", "22.04", { architecture: "Arm64" }),
  ...ubuntu("ubuntu-24_04-lts", "24.04"),
  ...ubuntu("ubuntu-26_04-lts", "26.04"),
  {
    publisher: "nvidia",
    offer: "ngc_azure_17_11",
    sku: "ngc-base-version-23_03_0_gen2",
    versions: ["23.03.0"],
    architecture: "x64",
    generation: "V2",
    diskSizeGb: 32,
    plan: { name: "ngc-base-version-23_03_0_gen2", publisher: "nvidia", product: "ngc_azure_17_11" },
  },
];

/** A managed image of the account's own. */
export interface ManagedImage {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly generation: Generation;
  readonly diskSizeGb: number;
}

/** What a VM boots from, found in the catalogue or in the account. */
export interface BootImage {
  readonly trustedLaunch: boolean;
  /** As `urn` or as id. */
  readonly label: string;
  readonly exactVersion?: string | undefined;
  readonly architecture: Architecture;
  readonly generation: Generation;
  readonly diskSizeGb: number;
  readonly plan?: MarketplacePlan | undefined;
}

export function hasTrustedLaunch({ generation, architecture }: ImageEntry): boolean {
  return generation === "V2" && architecture === "x64";
}

export function imageJson(image: ImageEntry): object {
  return {
    hyperVGeneration: image.generation,
    architecture: image.architecture,
    replicaType: "Managed",
    replicaCount: 10,
    disallowed: { vmDiskType: "None" },
    automaticOSUpgradeProperties: { automaticOSUpgradeSupported: image.plan === undefined },
    imageDeprecationStatus: { imageState: "Active" },
    features: [
      { name: "SecurityType", value: hasTrustedLaunch(image) ? "TrustedLaunchSupported" : "None" },
      { name: "DiskControllerTypes", value: "SCSI, NVMe" },
    ],
    osDiskImage: { operatingSystem: "Linux", sizeInGb: image.diskSizeGb },
    dataDiskImages: [],
    ...(image.plan === undefined ? {} : { plan: image.plan }),
  };
}
