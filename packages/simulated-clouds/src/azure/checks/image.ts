import { ApiError, badRequest, conflict, invalidParameter, missingParameter } from "../api-error.ts";
import type { ImageReference, OsDiskBody, PlanBody } from "../bodies/machine-parts.ts";
import { type BootImage, hasTrustedLaunch, IMAGES, type ManagedImage } from "../catalog/images.ts";
import type { SizeEntry } from "../catalog/sizes.ts";
import { SUBSCRIPTION } from "../state/shelf.ts";

/** The image that a machine is asked for with. @throws ApiError where there is no such image there */
export function imageOf(
  reference: ImageReference | undefined,
  own: readonly ManagedImage[],
  location: string,
): BootImage {
  if (reference === undefined) throw missingParameter("storageProfile.imageReference");
  const { id, publisher, offer, sku, version } = reference;
  if (id !== undefined) {
    if ([publisher, offer, sku, version].some((each) => each !== undefined)) {
      throw invalidParameter(
        "The value of parameter imageReference.id is invalid beside publisher, offer, sku or version.",
        "imageReference.id",
      );
    }
    const found = own.find((each) => each.id.toLowerCase() === id.toLowerCase() && each.location === location);
    if (found !== undefined) return { ...found, label: found.id, architecture: "x64", trustedLaunch: false };
    throw new ApiError(404, "NotFound", `The Image '${id}' cannot be found in '${location}' region.`, {
      target: "imageReference",
    });
  }
  for (const [name, value] of Object.entries({ publisher, offer, sku, version })) {
    if (value === undefined) throw missingParameter(`imageReference.${name}`);
  }
  const label = [publisher, offer, sku, version].join(":");
  const same = (a: string, b: string | undefined): boolean => a.toLowerCase() === b?.toLowerCase();
  const found = IMAGES.find(
    (each) => same(each.publisher, publisher) && same(each.offer, offer) && same(each.sku, sku),
  );
  const exactVersion = version === "latest" ? found?.versions.at(-1) : found?.versions.find((each) => each === version);
  if (found !== undefined && exactVersion !== undefined)
    return { ...found, label, exactVersion, trustedLaunch: hasTrustedLaunch(found) };
  throw new ApiError(
    404,
    "PlatformImageNotFound",
    `The platform image '${label}' is not available. Verify that all fields in the storage profile are correct. For more ` +
      "details about storage profile information, please refer to https://aka.ms/storageprofile",
    { target: "imageReference" },
  );
}

/** @throws ApiError where a machine of that size cannot boot that image, or its disk is too small for it */
export function checkFit(image: BootImage, size: SizeEntry, disk: OsDiskBody | undefined): void {
  if (image.architecture !== size.architecture) {
    throw badRequest(
      "BadRequest",
      `Cannot create a VM of size '${size.name}' because this VM size only supports a CPU Architecture of ` +
        `'${size.architecture}', but an image or disk with CPU Architecture '${image.architecture}' was given. Please check ` +
        "that the CPU Architecture of the image or disk is compatible with that of the VM size.",
    );
  }
  if (!size.generations.includes(image.generation)) {
    const number = image.generation.slice(1);
    throw badRequest(
      "BadRequest",
      `The selected VM size '${size.name}' cannot boot Hypervisor Generation '${number}'. If this was a Create operation ` +
        "please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of the selected VM Size. " +
        `If this was an Update operation please select a Hypervisor Generation '${number}' VM Size. For more information, ` +
        "see https://aka.ms/azuregen2vm",
    );
  }
  if (disk?.createOption !== "FromImage") {
    throw invalidParameter(
      `The value '${disk?.createOption ?? ""}' of parameter 'osDisk.createOption' is not allowed with an image: expected 'FromImage'.`,
      "osDisk.createOption",
    );
  }
  const { diskSizeGB: wanted = image.diskSizeGb } = disk;
  if (wanted < image.diskSizeGb) {
    throw conflict(
      "OperationNotAllowed",
      `The specified disk size ${wanted} GB is smaller than the size of the corresponding disk in the VM image: ` +
        `${image.diskSizeGb} GB. This is not allowed. Please choose equal or greater size or do not specify an explicit size.`,
      "osDisk.diskSizeGB",
    );
  }
  if (wanted > 4095)
    throw invalidParameter("The value of parameter osDisk.diskSizeGB is invalid.", "osDisk.diskSizeGB");
}

/** Marketplace images need a plan; no other image may have one. */
export function checkPlan(image: BootImage, plan: PlanBody | undefined, termsAccepted: boolean): void {
  if (image.plan === undefined) {
    if (plan === undefined) return;
    throw badRequest(
      "VMMarketplaceInvalidInput",
      "Creating a virtual machine from a non Marketplace image does not need Plan information. Please remove the Plan " +
        "information from the request.",
    );
  }
  if (plan === undefined) {
    throw badRequest(
      "VMMarketplaceInvalidInput",
      "Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image requires Plan " +
        "information in the request.",
    );
  }
  const { name, publisher, product } = image.plan;
  if (plan.name !== name || plan.publisher !== publisher || plan.product !== product) {
    throw notPurchased(
      `Offer with PublisherId: '${plan.publisher ?? ""}', OfferId: '${plan.product ?? ""}', PlanId: '${plan.name ?? ""}' was not found.`,
    );
  }
  if (!termsAccepted) {
    throw notPurchased(
      `You have not accepted the legal terms on this subscription: '${SUBSCRIPTION}' for this plan. Before the subscription can be ` +
        "used, you need to accept the legal terms of the image.",
    );
  }
}

function notPurchased(why: string): ApiError {
  return badRequest(
    "ResourcePurchaseValidationFailed",
    `User failed validation to purchase resources. Error message: '${why}'`,
  );
}
