import { badRequest, invalidField, notFound } from "../api-error.ts";
import type { Image } from "../catalog/images.ts";
import type { MachineType } from "../catalog/machine-types.ts";
import { parseLink } from "../links.ts";
import type { DiskInput } from "../resources.ts";
import type { Images } from "../state/images.ts";
import type { OperationWarning } from "../state/operations.ts";
import type { DiskPlan } from "../state/vm-plan.ts";
import { type Asked, zonalName } from "./machine.ts";
import { checkLabels, checkName } from "./names.ts";

const DISK_TYPES = new Set([
  "pd-standard",
  "pd-balanced",
  "pd-ssd",
  "pd-extreme",
  "hyperdisk-balanced",
  "hyperdisk-extreme",
]);
const SMALLEST_GB = 10;
const LARGEST_GB = 65_536;
/** What an empty disk without a size has. */
const EMPTY_DISK_GB = 500;

/** Checks `disks`. The first is the boot disk, made from an image that runs on the machine type. */
export function checkDisks(
  asked: Asked,
  inputs: readonly DiskInput[] = [],
  machineType: MachineType,
  images: Images,
): { readonly disks: readonly DiskPlan[]; readonly warnings: readonly OperationWarning[] } {
  const field = `${asked.field}.disks`;
  if (inputs.length === 0) throw invalidField(field, "", "No disks are specified.");
  if (inputs[0]?.boot !== true) {
    throw invalidField(`${field}[0]`, inputs[0], "Boot disk must be the first disk attached to the instance.");
  }
  if (inputs.filter(({ boot }) => boot === true).length > 1) {
    throw invalidField(field, inputs, "At most one disk can be a boot disk.");
  }
  const warnings: OperationWarning[] = [];
  const disks = inputs.map((input, index) => {
    return checkDisk(asked, `${field}[${index}]`, input, machineType, images, warnings);
  });
  return { disks, warnings };
}

function checkDisk(
  asked: Asked,
  field: string,
  input: DiskInput,
  machineType: MachineType,
  images: Images,
  warnings: OperationWarning[],
): DiskPlan {
  const { boot = false, autoDelete = false, deviceName, initializeParams: params } = input;
  if (params === undefined) throw invalidField(field, input, "No source or initializeParams.");
  const at = `${field}.initializeParams`;
  const image =
    params.sourceImage === undefined ? undefined : findImage(asked, at, params.sourceImage, images, warnings);
  if (boot && image === undefined)
    throw invalidField(`${at}.sourceImage`, "", "Boot disk must have a source specified.");
  if (image !== undefined && image.architecture !== machineType.family.architecture) {
    throw badRequest(
      `Requested boot disk architecture (${image.architecture}) is not compatible with machine type architecture ` +
        `(${machineType.family.architecture}).`,
    );
  }
  checkLabels(`${at}.labels`, params.labels);
  if (params.diskName !== undefined) {
    if (asked.bulk) throw invalidField(`${at}.diskName`, params.diskName, "Disk names cannot be set in bulk.");
    checkName(`${at}.diskName`, params.diskName);
  }
  return {
    name: params.diskName,
    boot,
    autoDelete,
    deviceName,
    sizeGb: diskSize(at, input, image, warnings),
    diskType: diskType(asked, at, params.diskType, machineType),
    image,
    labels: params.labels ?? {},
  };
}

function findImage({ project }: Asked, at: string, text: string, images: Images, warnings: OperationWarning[]): Image {
  const link = parseLink(text);
  if (link?.collection !== "images" || link.zone !== undefined || link.region !== undefined) {
    throw invalidField(`${at}.sourceImage`, text, "The URL is malformed.");
  }
  const where = link.project ?? project;
  const image = link.family ? images.newestOf(where, link.name) : images.get(where, link.name);
  if (image === undefined) {
    throw notFound(`projects/${where}/global/images/${link.family ? "family/" : ""}${link.name}`);
  }
  if (image.state === "OBSOLETE") throw invalidField(`${at}.sourceImage`, text, "The image is obsolete.");
  if (image.state === "DEPRECATED") {
    const message = `The resource 'projects/${where}/global/images/${image.name}' is deprecated.`;
    warnings.push({ code: "DEPRECATED_RESOURCE_USED", message });
  }
  return image;
}

function diskSize(at: string, input: DiskInput, image: Image | undefined, warnings: OperationWarning[]): number {
  const asked = input.initializeParams?.diskSizeGb ?? input.diskSizeGb;
  const size = asked === undefined ? (image?.diskSizeGb ?? EMPTY_DISK_GB) : Number(asked);
  if (image !== undefined && size < image.diskSizeGb) {
    const why = `Requested disk size cannot be smaller than the image size (${image.diskSizeGb} GB)`;
    throw invalidField(`${at}.diskSizeGb`, String(size), why);
  }
  if (size < SMALLEST_GB || size > LARGEST_GB) {
    throw invalidField(
      `${at}.diskSizeGb`,
      String(size),
      `Disk size must be between ${SMALLEST_GB} and ${LARGEST_GB} GB.`,
    );
  }
  if (image !== undefined && size > image.diskSizeGb) {
    const message =
      `Disk size: '${size} GB' is larger than image size: '${image.diskSizeGb} GB'. You might need to resize the root ` +
      "repartition manually if the operating system does not support automatic resizing.";
    warnings.push({ code: "DISK_SIZE_LARGER_THAN_IMAGE_SIZE", message });
  }
  return size;
}

function diskType(asked: Asked, at: string, text: string | undefined, { name, family }: MachineType): string {
  if (text === undefined) return family.defaultDiskType;
  const type = zonalName(asked, "diskTypes", `${at}.diskType`, text);
  if (!DISK_TYPES.has(type)) throw notFound(`projects/${asked.project}/zones/${asked.zone}/diskTypes/${type}`);
  if (!family.diskTypes.includes(type)) {
    throw badRequest(`[${name}, ${type}] features are not compatible for creating instance.`);
  }
  return type;
}
