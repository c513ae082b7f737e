import { cannotParse, conflict, invalid, notFound } from "../api-error.ts";
import type { LaunchBody } from "../bodies/instance.ts";
import { type ImageEntry, isCompatible } from "../catalog/images.ts";
import { FAULT_DOMAINS } from "../catalog/regions.ts";
import type { Account } from "../state/account.ts";
import type { BootVolume } from "../state/boot-volume.ts";
import type { LaunchPlan } from "../state/launch-plan.ts";
import { checkCompartment, checkNamed } from "./names.ts";
import { readShape } from "./shape.ts";
import { readVnic } from "./vnic.ts";

const MOST_METADATA = 32_000;
const SMALLEST_VOLUME_GB = 50;
const LARGEST_VOLUME_GB = 32_768;
const BASE64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/u;

/** Checks a launch and completes it. @throws ApiError with the first of what is wrong with it */
export function readLaunch(account: Account, body: LaunchBody): LaunchPlan {
  const { availabilityDomain, faultDomain, preemptibleInstanceConfig } = body;
  checkCompartment(account, body.compartmentId);
  checkNamed(account, body);
  checkDomains(account, body);
  const userData = readMetadata(body);
  const size = readShape(body);
  const source = readSource(account, body);
  if (source.image !== undefined && !isCompatible(source.image, size.shape)) {
    throw invalid(`Shape ${size.shape.shape} is not valid for image ${source.image.id}.`);
  }
  return {
    body,
    availabilityDomain,
    faultDomain,
    ...size,
    ...source,
    vnic: readVnic(account, body),
    preemptible: preemptibleInstanceConfig !== undefined,
    userData,
  };
}

export function checkDomains(
  account: Account,
  {
    availabilityDomain,
    faultDomain,
  }: { readonly availabilityDomain: string; readonly faultDomain?: string | undefined },
): void {
  if (!account.availabilityDomains.includes(availabilityDomain)) {
    throw invalid("Invalid availabilityDomain");
  }
  if (faultDomain !== undefined && !FAULT_DOMAINS.includes(faultDomain)) {
    throw invalid(`Invalid faultDomain: ${faultDomain}`);
  }
}

/** Checks the metadata; what of it is user data, its base64 taken off. */
export function readMetadata({
  metadata = {},
  extendedMetadata = {},
}: Pick<LaunchBody, "metadata" | "extendedMetadata">): Buffer | undefined {
  const size = [metadata, extendedMetadata].reduce((sum, each) => sum + Buffer.byteLength(JSON.stringify(each)), 0);
  if (size > MOST_METADATA) {
    throw invalid(
      `The combined size of metadata and extendedMetadata is ${size} bytes: the limit is ${MOST_METADATA} bytes`,
    );
  }
  const twice = Object.keys(metadata).find((key) => Object.hasOwn(extendedMetadata, key));
  if (twice !== undefined) throw invalid(`The key ${twice} is in metadata and in extendedMetadata`);
  const { user_data: userData } = metadata;
  if (userData === undefined) return undefined;
  if (!BASE64.test(userData)) throw invalid("Invalid user_data: it must be base64-encoded");
  return Buffer.from(userData, "base64");
}

/** What it boots from: an image, or a volume that is there. */
function readSource(
  account: Account,
  { sourceDetails, imageId: oldImageId, availabilityDomain }: LaunchBody,
): { readonly image: ImageEntry | undefined; readonly volume: BootVolume | undefined } {
  if (sourceDetails?.sourceType === "bootVolume") {
    const volume = account.bootVolumes.get(sourceDetails.bootVolumeId);
    if (volume.terminatedAt !== undefined) throw notFound();
    if (volume.isAttached) throw conflict(`Boot volume ${volume.id} is already attached`);
    if (volume.availabilityDomain !== availabilityDomain) {
      throw invalid(`Boot volume ${volume.id} is not in availability domain ${availabilityDomain}`);
    }
    return { image: account.images.find(({ id }) => id === volume.imageId), volume };
  }
  const imageId = sourceDetails?.imageId ?? oldImageId;
  // oracle/terraform-provider-oci#2357: it does not say what is missing.
  if (imageId === undefined) throw cannotParse();
  const image = account.images.find(({ id }) => id === imageId);
  if (image === undefined) throw notFound(`image ${imageId} not found`);
  checkVolumeSize(image, sourceDetails?.bootVolumeSizeInGBs);
  return { image, volume: undefined };
}

function checkVolumeSize({ sizeInGBs }: ImageEntry, asked: number | undefined): void {
  const least = Math.max(SMALLEST_VOLUME_GB, sizeInGBs);
  if (asked === undefined || (asked >= least && asked <= LARGEST_VOLUME_GB)) return;
  throw invalid(`bootVolumeSizeInGBs must be between ${least} and ${LARGEST_VOLUME_GB}`);
}
