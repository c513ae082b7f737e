import { fixedOcid } from "../ocid.ts";
import type { ShapeEntry } from "./shapes.ts";

/** A platform image. */
export interface ImageEntry {
  readonly id: string;
  readonly displayName: string;
  readonly operatingSystem: string;
  readonly operatingSystemVersion: string;
  readonly arm: boolean;
  /** Whether it has drivers, and so is for shapes with GPUs only. */
  readonly gpu: boolean;
  readonly sizeInGBs: number;
  readonly createdAt: number;
  /** @default true */
  readonly cloudInit: boolean;
}

interface Family {
  readonly operatingSystem: string;
  readonly version: string;
  /** The display name, without its date. */
  readonly name: string;
  readonly arm?: boolean;
  readonly gpu?: boolean;
  readonly sizeInGBs?: number;
  readonly cloudInit?: boolean;
}

const ORACLE_LINUX = "Oracle Linux";
const UBUNTU = "Canonical Ubuntu";

const FAMILIES: readonly Family[] = [
  { operatingSystem: ORACLE_LINUX, version: "9", name: "Oracle-Linux-9.6" },
  { operatingSystem: ORACLE_LINUX, version: "9", name: "Oracle-Linux-9.6-aarch64", arm: true },
  { operatingSystem: ORACLE_LINUX, version: "9", name: "Oracle-Linux-9.6-Gen2-GPU", gpu: true },
  { operatingSystem: ORACLE_LINUX, version: "8", name: "Oracle-Linux-8.10" },
  { operatingSystem: ORACLE_LINUX, version: "8", name: "Oracle-Linux-8.10-aarch64", arm: true },
  { operatingSystem: ORACLE_LINUX, version: "8", name: "Oracle-Linux-8.10-Gen2-GPU", gpu: true },
  { operatingSystem: UBUNTU, version: "24.04", name: "Canonical-Ubuntu-24.04" },
  { operatingSystem: UBUNTU, version: "24.04", name: "Canonical-Ubuntu-24.04-aarch64", arm: true },
  { operatingSystem: UBUNTU, version: "24.04 Minimal", name: "Canonical-Ubuntu-24.04-Minimal" },
  {
    operatingSystem: UBUNTU,
    version: "24.04 Minimal aarch64",
    name: "Canonical-Ubuntu-24.04-Minimal-aarch64",
    arm: true,
  },
  { operatingSystem: UBUNTU, version: "22.04", name: "Canonical-Ubuntu-22.04" },
  { operatingSystem: UBUNTU, version: "22.04", name: "Canonical-Ubuntu-22.04-aarch64", arm: true },
  {
    operatingSystem: "Windows",
    version: "Server 2022 Standard",
    name: "Windows-Server-2022-Standard-Edition-VM",
    sizeInGBs: 256,
    cloudInit: false,
  },
];

/** Each family's images, the newest first. */
const DATES = ["2026.10.31", "2026.09.30", "2026.07.31"];
const SMALLEST_GB = 47;

export function platformImages(region: string): readonly ImageEntry[] {
  return DATES.flatMap((date) =>
    FAMILIES.map(({ operatingSystem, version, name, arm = false, gpu = false, sizeInGBs = SMALLEST_GB, cloudInit }) => {
      const displayName = `${name}-${date}-0`;
      const createdAt = Date.parse(`${date.replaceAll(".", "-")}T18:00:00Z`);
      return {
        id: fixedOcid("image", region, displayName),
        displayName,
        operatingSystem,
        operatingSystemVersion: version,
        arm,
        gpu,
        sizeInGBs,
        createdAt,
        cloudInit: cloudInit ?? true,
      };
    }),
  );
}

/** Whether machines of that shape can boot it. */
export function isCompatible(image: ImageEntry, shape: ShapeEntry): boolean {
  return image.arm === shape.arm && (!image.gpu || shape.gpus > 0);
}

export function imageJson(image: ImageEntry): Readonly<Record<string, unknown>> {
  return {
    // A platform image is in no compartment.
    compartmentId: null,
    baseImageId: null,
    createImageAllowed: true,
    definedTags: {},
    freeformTags: {},
    displayName: image.displayName,
    id: image.id,
    launchMode: "NATIVE",
    launchOptions: {
      bootVolumeType: "PARAVIRTUALIZED",
      firmware: "UEFI_64",
      networkType: "PARAVIRTUALIZED",
      remoteDataVolumeType: "PARAVIRTUALIZED",
      isPvEncryptionInTransitEnabled: true,
      isConsistentVolumeNamingEnabled: true,
    },
    lifecycleState: "AVAILABLE",
    operatingSystem: image.operatingSystem,
    operatingSystemVersion: image.operatingSystemVersion,
    agentFeatures: null,
    listingType: null,
    sizeInMBs: image.sizeInGBs * 1024,
    billableSizeInGBs: 2,
    timeCreated: new Date(image.createdAt).toISOString(),
  };
}
