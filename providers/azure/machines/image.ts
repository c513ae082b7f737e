import type { ImageReference, VirtualMachineImage } from "@azure/arm-compute";

import { latestUbuntuLts } from "../../../src/cloud/machines/ubuntu-lts.ts";
import type { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { AzureApi } from "../api/client.ts";
import { isNotFound } from "../errors/azure-error.ts";
import type { MarketplacePlan } from "../options/options.ts";
import type { ResolvedAzureOptions } from "../options/resolved-options.ts";
import type { MachineType } from "./machine-types.ts";

/** An image by its four names, the version the very one. */
interface Named {
  readonly publisher: string;
  readonly offer: string;
  readonly sku: string;
  readonly version: string;
}

/** What machines of a size boot from. */
export interface FoundImage {
  readonly reference: ImageReference;
  /** Whether it and the size can do Trusted Launch. Of an image that is named by its id it is not known. */
  readonly trustedLaunch: boolean;
}

type Wishes = Pick<ResolvedAzureOptions, "location" | "vmImage" | "marketplacePlan">;

const CANONICAL = "Canonical";
const LATEST = "latest";

/** The image for machines of a size: the one that was asked for, or the newest Ubuntu LTS. */
export async function imageFor(
  api: AzureApi,
  wishes: Wishes,
  type: MachineType,
  signal: AbortSignal,
): Promise<FoundImage> {
  const { vmImage, marketplacePlan, location } = wishes;
  // One of the user's own that was made from an image with a plan needs that plan, too.
  if (vmImage.id !== undefined) return { reference: { id: vmImage.id }, trustedLaunch: false };
  const image = await named(api, wishes, type, signal);
  const { architecture, hyperVGeneration, plan, features = [] } = await described(api, image, location, signal);
  assertFits(image, { architecture, hyperVGeneration }, type);
  assertPlan(image, plan, marketplacePlan);
  const security = features.find(({ name }) => name === "SecurityType")?.value ?? "";
  const trustedLaunch = type.trustedLaunch && hyperVGeneration === "V2" && security.startsWith("TrustedLaunch");
  return { reference: { ...image }, trustedLaunch };
}

async function described(
  api: AzureApi,
  image: Named,
  location: string,
  signal: AbortSignal,
): Promise<VirtualMachineImage> {
  const { publisher, offer, sku, version } = image;
  try {
    return await api.call("VirtualMachineImages_Get", signal, ({ compute }) =>
      compute.virtualMachineImages.get(location, publisher, offer, sku, version),
    );
  } catch (error) {
    if (isNotFound(error)) throw noImage(urn(image), location);
    throw error;
  }
}

async function named(
  api: AzureApi,
  { vmImage, marketplacePlan, location }: Wishes,
  type: MachineType,
  signal: AbortSignal,
): Promise<Named> {
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
    const newest = await newestVersion(api, location, { publisher, offer, sku }, signal);
    if (newest !== undefined) return { publisher, offer, sku, version: newest };
  }
  throw noImage([publisher, offers.join(" or "), sku].join(":"), location);
}

/** All machines of a cluster have the same, also those that come later. */
async function newestVersion(
  api: AzureApi,
  location: string,
  { publisher, offer, sku }: Omit<Named, "version">,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const [newest] = await api.call("VirtualMachineImages_List", signal, ({ compute }) =>
      compute.virtualMachineImages.list(location, publisher, offer, sku, { top: 1, orderby: "name desc" }),
    );
    return newest?.name;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
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
  image: Named,
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
  image: Named,
  plan: Partial<MarketplacePlan> | undefined,
  given: MarketplacePlan | undefined,
): void {
  if (plan === undefined || given !== undefined) return;
  const { name, publisher, product } = plan;
  throw invalid(
    `The image ${urn(image)} is sold with a plan: set \`marketplacePlan: ${JSON.stringify({ name, publisher, product })}\`.`,
  );
}

/** As Azure's own tools write it. */
function urn({ publisher, offer, sku, version }: Named): string {
  return [publisher, offer, sku, version].join(":");
}

function noImage(name: string, location: string): DaskFleetError {
  return invalid(`Azure has no image ${name} in ${location}: see the \`vmImage\` option.`);
}
