import type { ImageReference } from "@azure/arm-compute";

import { latestUbuntuLts } from "../../../src/cloud/machines/ubuntu-lts.ts";
import type { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { MarketplacePlan } from "../options/options.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";
import { type ImageCatalogue, type NamedImage, urn } from "./image-catalogue.ts";
import type { MachineType } from "./machine-types.ts";

/** What machines of a size boot from. */
export interface FoundImage {
  readonly reference: ImageReference;
  /** Whether it and the size can do Trusted Launch. Of an image that is named by its id it is not known. */
  readonly trustedLaunch: boolean;
}

type Wishes = Pick<ResolvedAzureOptions, "vmImage" | "marketplacePlan">;

const CANONICAL = "Canonical";
const LATEST = "latest";

/** The image for machines of a size: the one that was asked for, or the newest Ubuntu LTS. */
export async function imageFor(catalogue: ImageCatalogue, wishes: Wishes, type: MachineType): Promise<FoundImage> {
  const { vmImage, marketplacePlan } = wishes;
  // One of the user's own that was made from an image with a plan needs that plan, too.
  if (vmImage.id !== undefined) return { reference: { id: vmImage.id }, trustedLaunch: false };
  const image = await named(catalogue, wishes, type);
  const description = await catalogue.described(image);
  if (description === undefined) throw noImage(urn(image), catalogue);
  const { architecture, hyperVGeneration, plan, features = [] } = description;
  assertFits(image, { architecture, hyperVGeneration }, type);
  assertPlan(image, plan, marketplacePlan);
  const security = features.find(({ name }) => name === "SecurityType")?.value ?? "";
  const trustedLaunch = type.trustedLaunch && hyperVGeneration === "V2" && security.startsWith("TrustedLaunch");
  return { reference: { ...image }, trustedLaunch };
}

async function named(
  catalogue: ImageCatalogue,
  { vmImage, marketplacePlan }: Wishes,
  type: MachineType,
): Promise<NamedImage> {
  const wanted =
    marketplacePlan === undefined
      ? vmImage
      : {
          publisher: marketplacePlan.publisher,
          offer: marketplacePlan.product,
          sku: marketplacePlan.name,
          version: vmImage.version,
        };
  const { publisher = CANONICAL, sku = ubuntuSku(type), version = LATEST } = wanted;
  const offers = wanted.offer === undefined ? ubuntuOffers(new Date()) : [wanted.offer];
  for (const offer of offers) {
    if (version !== LATEST) return { publisher, offer, sku, version };
    const newest = await catalogue.newest({ publisher, offer, sku });
    if (newest !== undefined) return { publisher, offer, sku, version: newest };
  }
  throw noImage([publisher, offers.join(" or "), sku].join(":"), catalogue);
}

/** Azure's names for the newest releases, the newest first. */
export function ubuntuOffers(today: Date): readonly string[] {
  return latestUbuntuLts(today).map((release) => `ubuntu-${release.replace(".", "_")}-lts`);
}

function ubuntuSku({ architecture, generations }: MachineType): string {
  if (architecture === "Arm64") return "server-arm64";
  return generations.includes("V2") ? "server" : "server-gen1";
}

function assertFits(
  image: NamedImage,
  {
    architecture = "x64",
    hyperVGeneration = "V1",
  }: { readonly architecture?: string | undefined; readonly hyperVGeneration?: string | undefined },
  type: MachineType,
): void {
  if (architecture !== type.architecture) {
    throw invalid(`The image ${urn(image)} is for ${architecture}, but the size ${type.name} is ${type.architecture}.`);
  }
  if (type.generations.includes(hyperVGeneration)) return;
  throw invalid(
    `The image ${urn(image)} is of generation ${hyperVGeneration}, but machines of the size ${type.name} boot ${type.generations.join(" and ")} only.`,
  );
}

function assertPlan(
  image: NamedImage,
  plan: Partial<MarketplacePlan> | undefined,
  given: MarketplacePlan | undefined,
): void {
  if (plan === undefined || given !== undefined) return;
  const { name, publisher, product } = plan;
  throw invalid(
    `The image ${urn(image)} is sold with a plan: set \`marketplacePlan: ${JSON.stringify({ name, publisher, product })}\`.`,
  );
}

function noImage(name: string, { location }: ImageCatalogue): DaskFleetError {
  return invalid(`Azure has no image ${name} in ${location}: see the \`vmImage\` option.`);
}
