import type { ResourceSku } from "@azure/arm-compute";

import { invalid } from "../../../src/options/invalid.ts";
import type { AzureApi } from "../api/client.ts";

export type Architecture = "x64" | "Arm64";

/** A VM size as Azure describes it. */
export interface MachineType {
  readonly name: string;
  readonly architecture: Architecture;
  readonly vcpus: number;
  /** Which quota it counts for, such as `standardDSv5Family`. */
  readonly family: string;
  /** Whether it has NVIDIA GPUs. */
  readonly gpu: boolean;
  /** Of images: `V1` (BIOS), `V2` (UEFI). */
  readonly generations: readonly string[];
  /** Whether it can start machines with Secure Boot and a virtual TPM. */
  readonly trustedLaunch: boolean;
  /** Whether it is sold as a spot machine. */
  readonly spot: boolean;
  /** Zones of the location that have it, for this subscription. */
  readonly zones: readonly string[];
}

/** The sizes of a location, as a subscription may use them. */
export class SizeCatalogue {
  readonly location: string;
  readonly #skus: readonly ResourceSku[];

  /** @throws DaskFleetError `CONFIG_INVALID` for a location without machines */
  static async of(api: AzureApi, location: string, signal: AbortSignal): Promise<SizeCatalogue> {
    const all = await api.list("ResourceSkus_List", signal, ({ compute }) =>
      compute.resourceSkus.list({ filter: `location eq '${location}'` }),
    );
    const skus = all.filter(({ resourceType }) => resourceType === "virtualMachines");
    if (skus.length === 0) throw invalid(`Azure has no machines in the location ${location} for this subscription.`);
    return new SizeCatalogue(location, skus);
  }

  private constructor(location: string, skus: readonly ResourceSku[]) {
    this.location = location;
    this.#skus = skus;
  }

  /** @throws DaskFleetError `CONFIG_INVALID` for a size that the location does not have, or not for this subscription */
  named(name: string): MachineType {
    const sku = this.#skus.find((each) => each.name?.toLowerCase() === name.toLowerCase());
    if (sku === undefined) throw invalid(`The location ${this.location} does not have machines of the size ${name}.`);
    if (sku.restrictions?.some(({ type }) => type === "Location") === true) {
      throw invalid(`This subscription may not use machines of the size ${name} in ${this.location}.`);
    }
    return typeOf(sku);
  }
}

function typeOf(sku: ResourceSku): MachineType {
  const capability = (name: string): string | undefined =>
    sku.capabilities?.find((each) => each.name?.toLowerCase() === name.toLowerCase())?.value;
  const restricted = new Set(
    sku.restrictions?.flatMap(({ type, restrictionInfo }) => (type === "Zone" ? (restrictionInfo?.zones ?? []) : [])),
  );
  return {
    name: sku.name ?? "",
    architecture: capability("CpuArchitectureType") === "Arm64" ? "Arm64" : "x64",
    vcpus: Number(capability("vCPUs") ?? 0),
    family: sku.family ?? "",
    gpu: Number(capability("GPUs") ?? 0) > 0 && !isAmd(sku),
    generations: (capability("HyperVGenerations") ?? "V1").split(","),
    trustedLaunch: capability("TrustedLaunchDisabled") !== "True",
    spot: capability("LowPriorityCapable") !== "False",
    zones: (sku.locationInfo?.[0]?.zones ?? []).filter((zone) => !restricted.has(zone)),
  };
}

/** Azure counts GPUs, and says only by the family whose they are: Radeon MI25, V620 and V710, Instinct MI300X. */
function isAmd({ name = "", family = "" }: ResourceSku): boolean {
  return /^standardNVSv4Family$|NG|V620|V710|MI\d{3}X/i.test(family) || /_MI\d{3}X|_V[67]\d0_|^Standard_NG/i.test(name);
}
