// As `ResourceSkus_List` tells of them.

export const LOCATIONS: readonly string[] = ["eastus", "westus2", "westeurope"];

export type Architecture = "x64" | "Arm64";
export type Generation = "V1" | "V2";

export interface SizeEntry {
  readonly name: string;
  readonly family: string;
  readonly vcpus: number;
  readonly memoryGb: number;
  readonly gpus: number;
  readonly architecture: Architecture;
  readonly generations: readonly Generation[];
  /** Of the local disk; 0 where there is none. */
  readonly resourceVolumeMb: number;
  readonly spot: boolean;
  readonly trustedLaunch: boolean;
  readonly locations: readonly string[];
  readonly zones: readonly string[];
  /** Where the subscription may not use it. */
  readonly restricted: readonly string[];
  /** Zones in which the subscription may not use it, though they have it (Azure/AKS#1444). */
  readonly restrictedZones: readonly string[];
}

function size(
  name: string,
  family: string,
  [vcpus, memoryGb]: readonly [number, number],
  more: Partial<SizeEntry> = {},
): SizeEntry {
  return {
    name,
    family,
    vcpus,
    memoryGb,
    gpus: 0,
    architecture: "x64",
    generations: ["V1", "V2"],
    resourceVolumeMb: 0,
    spot: true,
    trustedLaunch: true,
    locations: LOCATIONS,
    zones: ["1", "2", "3"],
    restricted: [],
    restrictedZones: [],
    ...more,
  };
}

export const SIZES: readonly SizeEntry[] = [
  size("Standard_DS1_v2", "standardDSv2Family", [1, 3.5], { resourceVolumeMb: 7168 }),
  size("Standard_DS2_v2", "standardDSv2Family", [2, 7], { resourceVolumeMb: 14_336 }),
  size("Standard_B2s", "standardBSFamily", [2, 4], { resourceVolumeMb: 8192, spot: false }),
  size("Standard_D2s_v5", "standardDSv5Family", [2, 8]),
  size("Standard_D4s_v5", "standardDSv5Family", [4, 16]),
  size("Standard_D2as_v5", "standardDASv5Family", [2, 8]),
  size("Standard_D2s_v6", "standardDsv6Family", [2, 8], { generations: ["V2"], locations: ["eastus", "westeurope"] }),
  size("Standard_D2ps_v5", "standardDPSv5Family", [2, 8], {
    architecture: "Arm64",
    generations: ["V2"],
    trustedLaunch: false,
  }),
  size("Standard_E4s_v5", "standardESv5Family", [4, 32], { restricted: ["eastus"] }),
  size("Standard_E8s_v5", "standardESv5Family", [8, 64]),
  size("Standard_F2s_v2", "standardFSv2Family", [2, 4], { resourceVolumeMb: 16_384, zones: ["1"] }),
  size("Standard_M8ms", "standardMSFamily", [8, 218.75], { locations: ["westus2"], zones: [], spot: false }),
  size("Standard_NC4as_T4_v3", "Standard NCASv3_T4 Family", [4, 28], { gpus: 1, resourceVolumeMb: 180_224 }),
  size("Standard_NC24ads_A100_v4", "StandardNCADSA100v4Family", [24, 220], {
    gpus: 1,
    generations: ["V2"],
    resourceVolumeMb: 65_536,
    zones: ["1", "2"],
    restrictedZones: ["2"],
  }),
  size("Standard_NV4as_v4", "standardNVSv4Family", [4, 14], {
    gpus: 1,
    generations: ["V1"],
    trustedLaunch: false,
    zones: [],
  }),
];

export function sizeNamed(name: string): SizeEntry | undefined {
  return SIZES.find((each) => each.name.toLowerCase() === name.toLowerCase());
}

export function sizeJson(entry: SizeEntry, location: string): object {
  const restricted = entry.restricted.includes(location);
  return {
    resourceType: "virtualMachines",
    name: entry.name,
    tier: "Standard",
    size: entry.name.replace(/^Standard_/u, ""),
    family: entry.family,
    locations: [location],
    locationInfo: [{ location, zones: entry.zones, zoneDetails: [] }],
    capabilities: Object.entries({
      MaxResourceVolumeMB: entry.resourceVolumeMb,
      OSVhdSizeMB: 1_047_552,
      vCPUs: entry.vcpus,
      MemoryPreservingMaintenanceSupported: "True",
      HyperVGenerations: entry.generations.join(","),
      MemoryGB: entry.memoryGb,
      MaxDataDiskCount: entry.vcpus * 2,
      CpuArchitectureType: entry.architecture,
      LowPriorityCapable: entry.spot ? "True" : "False",
      PremiumIO: "True",
      ...(entry.trustedLaunch ? {} : { TrustedLaunchDisabled: "True" }),
      ...(entry.gpus > 0 ? { GPUs: entry.gpus } : {}),
      AcceleratedNetworkingEnabled: "True",
    }).map(([name, value]) => ({ name, value: String(value) })),
    restrictions: restricted
      ? [restriction("Location", location, { locations: [location] })]
      : entry.restrictedZones.length === 0
        ? []
        : [restriction("Zone", location, { locations: [location], zones: entry.restrictedZones })],
  };
}

function restriction(type: "Location" | "Zone", location: string, restrictionInfo: object): object {
  return { type, values: [location], restrictionInfo, reasonCode: "NotAvailableForSubscription" };
}

/** Not all SKUs are sizes of VMs. */
export function diskSkuJson(location: string): object {
  return {
    resourceType: "disks",
    name: "Premium_LRS",
    tier: "Premium",
    size: "P10",
    locations: [location],
    locationInfo: [{ location, zones: [], zoneDetails: [] }],
    capabilities: [{ name: "MaxSizeGiB", value: "128" }],
    restrictions: [],
  };
}
