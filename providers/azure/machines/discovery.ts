import type { ImageReference } from "@azure/arm-compute";

import type { FoundGpus } from "../../../src/cloud/cloud-nodes.ts";
import { kindKey, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import type { AzureApi } from "../api/client.ts";
import { findNetwork, findSecurityGroup, type Network } from "../network/network.ts";
import { assertKnownFields } from "../options/override-names.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";
import type { Named } from "../tags/names.ts";
import { ImageCatalogue } from "./image-catalogue.ts";
import { imageFor } from "./image.ts";
import type { Kind } from "./kinds.ts";
import { SizeCatalogue } from "./machine-types.ts";
import { namingGroup, typesOf } from "./types-of-kind.ts";

/** What machines of one size are made of. */
export interface FoundSize {
  readonly size: string;
  readonly image: ImageReference;
  readonly hasGpu: boolean;
  /** Whether its machines can have Secure Boot and a virtual TPM. */
  readonly trustedLaunch: boolean;
  /** Zones of those that were asked for in which it is; empty where none was asked for. */
  readonly zones: readonly string[];
}

/** By the key of a kind of machines; the preferred size first. */
export type FoundSizes = ReadonlyMap<string, readonly FoundSize[]>;

/** What exists before the cluster: all that its machines are asked for with. */
export interface Discovery {
  readonly network: Network;
  /** Id of the user's own network security group. */
  readonly securityGroup: string | undefined;
  readonly sizes: FoundSizes;
}

/** Looks everything up at the same time and creates nothing: a mistake in the options leaves nothing behind. */
export async function discover(
  api: AzureApi,
  {
    options,
    kinds,
    cluster,
  }: { readonly options: ResolvedAzureOptions; readonly kinds: readonly Kind[]; readonly cluster: Named },
  signal: AbortSignal,
): Promise<Discovery> {
  const [network, securityGroup, sizes] = await Promise.all([
    findNetwork(api, options, cluster, signal),
    findSecurityGroup(api, options, signal),
    discoverSizes(api, kinds, options.location, signal),
    ...kinds.map(assertOverride),
  ]);
  return { network, securityGroup, sizes };
}

/** Which kinds have NVIDIA GPUs. */
export function gpusIn(sizes: FoundSizes, kinds: readonly Kind[]): FoundGpus {
  const hasGpu = (kind: Kind): boolean => sizes.get(kindKey(kind))?.some((each) => each.hasGpu) ?? false;
  const groups = kinds.flatMap((kind) => (kind.group === undefined ? [] : [[kind.group.name, hasGpu(kind)] as const]));
  return {
    scheduler: kinds.some((kind) => kind.role === "scheduler" && hasGpu(kind)),
    groups: Object.fromEntries(groups),
  };
}

/** Sizes and images of all kinds: one look-up for all sizes, and one for each image. */
export async function discoverSizes(
  api: AzureApi,
  kinds: readonly Kind[],
  location: string,
  signal: AbortSignal,
): Promise<FoundSizes> {
  const catalogue = await SizeCatalogue.of(api, location, signal);
  const images = new ImageCatalogue(api, location, signal);
  const found = kinds.map(async (kind) => [kindKey(kind), await sizesWithImages(kind, catalogue, images)] as const);
  return new Map(await Promise.all(found));
}

async function sizesWithImages(
  kind: Kind,
  catalogue: SizeCatalogue,
  images: ImageCatalogue,
): Promise<readonly FoundSize[]> {
  return await namingGroup(kind, async () => {
    const types = typesOf(kind, catalogue);
    return await Promise.all(
      types.map(async (type): Promise<FoundSize> => {
        const { reference, trustedLaunch } = await imageFor(images, kind.options, type);
        const zones = kind.options.zones.filter((zone) => type.zones.includes(zone));
        return { size: type.name, image: reference, hasGpu: type.gpu, trustedLaunch, zones };
      }),
    );
  });
}

async function assertOverride(kind: Kind): Promise<void> {
  const { group, options } = kind;
  // The scheduler's is the cluster's.
  if (group !== undefined && !Object.hasOwn(group.options, "extraVmOptions")) return;
  await assertKnownFields(optionInWords(kind, "extraVmOptions"), options.extraVmOptions);
}
