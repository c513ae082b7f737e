import { forKind, kindInWords, kindKey, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { ComputeApi } from "../api/client.ts";
import { takesAttachedGpus } from "../options/default-type.ts";
import { attachedGpusOf, type GcpKind, typesOf } from "../options/kinds.ts";
import { zonesWithout } from "./gpu-zones.ts";
import { findImages, type Image, type ImageFor } from "./image.ts";
import { describeTypes, type InZone, type MachineType } from "./machine-types.ts";

/** A machine type that a kind's machines may have. */
export interface FoundType {
  readonly machineType: string;
  /** The zones where they may have it, in the order of the options. */
  readonly zones: readonly string[];
  readonly image: Image;
}

/** What the machines of a kind are made of. */
export interface KindDiscovery {
  /** The preferred type first. */
  readonly types: readonly FoundType[];
  /** GPUs to attach; not those that the type comes with. */
  readonly gpus: { readonly type: string; readonly count: number } | undefined;
  /** Whether its machines have GPUs, attached or not. */
  readonly hasGpu: boolean;
}

/** What was looked up for all kinds together. */
interface Catalogue {
  readonly types: ReadonlyMap<string, MachineType>;
  readonly lacks: (gpus: InZone) => boolean;
  readonly imageFor: ImageFor;
}

/**
 * Looks up what machines of several kinds are made of: what they share once.
 *
 * @returns by `kindKey`
 */
export async function discoverKinds(
  api: ComputeApi,
  kinds: readonly GcpKind[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, KindDiscovery>> {
  const [types, lacks, imageFor] = await Promise.all([
    describeTypes(api, kinds.flatMap(typesInZones), signal),
    zonesWithout(api, kinds.flatMap(gpusInZones), signal),
    findImages(api, kinds, signal),
  ]);
  const catalogue = { types, lacks, imageFor };
  const found = kinds.map(async (kind) => [kindKey(kind), await discoverKind(kind, catalogue)] as const);
  return new Map(await Promise.all(found));
}

export function typesInZones(kind: GcpKind): readonly InZone[] {
  return typesOf(kind).flatMap((name) => kind.options.zones.map((zone) => ({ name, zone })));
}

export function gpusInZones(kind: GcpKind): readonly InZone[] {
  const { nGpus, gpuType } = attachedGpusOf(kind);
  return nGpus === 0 || gpuType === undefined ? [] : kind.options.zones.map((zone) => ({ name: gpuType, zone }));
}

/**
 * Of looked-up types, those that a kind asks for.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for a type that none of its zones has
 */
export function typesOfKind(kind: GcpKind, types: ReadonlyMap<string, MachineType>): readonly MachineType[] {
  const { zones } = kind.options;
  return typesOf(kind).map((name) => {
    const type = types.get(name);
    if (type !== undefined && zones.some((zone) => type.zones.has(zone))) return type;
    throw invalid(`The machine type ${name}${forKind(kind)} does not exist in ${zones.join(", ")}.`);
  });
}

async function discoverKind(kind: GcpKind, { types, lacks, imageFor }: Catalogue): Promise<KindDiscovery> {
  const { options } = kind;
  const { nGpus, gpuType } = attachedGpusOf(kind);
  const gpus = nGpus > 0 && gpuType !== undefined ? { type: gpuType, count: nGpus } : undefined;
  const asked = typesOfKind(kind, types);
  const zones = options.zones.filter((zone) => gpus === undefined || !lacks({ name: gpus.type, zone }));
  assertGpus(kind, { asked, gpus, zones });
  const found = asked.map(async (type) => {
    const image = await imageFor(kind, type.architecture);
    assertFits(image, type, kind);
    return { machineType: type.name, zones: zones.filter((zone) => type.zones.has(zone)), image };
  });
  const hasGpu = gpus !== undefined || asked.some((type) => type.gpus !== undefined);
  return { types: await Promise.all(found), gpus, hasGpu };
}

function assertGpus(
  kind: GcpKind,
  {
    asked,
    gpus,
    zones,
  }: {
    readonly asked: readonly MachineType[];
    readonly gpus: KindDiscovery["gpus"];
    readonly zones: readonly string[];
  },
): void {
  const { role, options } = kind;
  const withGpus = asked.find((type) => type.gpus !== undefined);
  if (gpus !== undefined) {
    const unfit = asked.find((type) => type.gpus === undefined && !takesAttachedGpus(type.name));
    if (unfit !== undefined) {
      throw invalid(
        `No GPUs can be attached to the machine type ${unfit.name}${forKind(kind)}: take an N1 type, one that comes with GPUs, or set \`${optionInWords(kind, `${role}NGpus`, "nGpus")}\` to 0.`,
      );
    }
    if (!zones.some((zone) => asked.some((type) => type.zones.has(zone)))) {
      throw invalid(
        `There are no ${gpus.type} GPUs for ${asked.map(({ name }) => name).join(" or ")}${forKind(kind)} in ${options.zones.join(", ")}: take other \`zones\` or another \`gpuType\`.`,
      );
    }
  } else if (withGpus !== undefined && asked.some((type) => type.gpus === undefined)) {
    const each = asked.map((type) => `${type.name} has ${type.gpus === undefined ? "no " : ""}NVIDIA GPUs`);
    throw invalid(`All machine types of a ${kindInWords(kind)} must be alike, but ${each.join(", ")}.`);
  }
  if (withGpus !== undefined && options.onHostMaintenance === "MIGRATE") {
    throw invalid(
      `Machines with GPUs cannot be migrated: \`${optionInWords(kind, "onHostMaintenance")}\` must be "TERMINATE" with ${withGpus.name}.`,
    );
  }
}

function assertFits(image: Image, { name, architecture }: MachineType, kind: GcpKind): void {
  const { diskSize } = kind.options;
  if (image.architecture !== architecture) {
    throw invalid(
      `The image ${image.link}${forKind(kind)} is for ${image.architecture}, but the machine type ${name} is ${architecture}.`,
    );
  }
  if (diskSize < image.minimumSize) {
    throw invalid(
      `Expected the \`${optionInWords(kind, "diskSize")}\` option to be at least ${image.minimumSize}, the size of the image ${image.link}, got \`${diskSize}\` (number)`,
    );
  }
}
