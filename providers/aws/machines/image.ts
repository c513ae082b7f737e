import type { Image as ImageAnswer } from "@aws-sdk/client-ec2";

import { type MachineKind, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { ImageCache, latestUbuntuLts } from "../../../src/cloud/machines/ubuntu-lts.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { Ec2Api } from "../api/client.ts";
import { isAws } from "../errors/ec2-error.ts";
import type { Architecture } from "./machine-types.ts";

/** A machine image, as far as a launch needs to know it. */
export interface Image {
  readonly id: string;
  readonly architecture: string;
  /** Such as `/dev/sda1`. */
  readonly rootDevice: string;
  /** GiB that its disk has at least. */
  readonly minimumSize: number;
}

/** Canonical, the maker of Ubuntu, in AWS' ordinary, GovCloud and Chinese partitions. */
const CANONICAL: readonly (readonly [partition: RegExp, owner: string])[] = [
  [/^us-gov-/, "513442679011"],
  [/^cn-/, "837727238323"],
  [/^/, "099720109477"],
];
const UBUNTU_LTS = /^ubuntu\/images\/hvm-ssd(?:-gp3)?\/ubuntu-[a-z]+-(\d\d)\.04-[a-z0-9]+-server-\d/;

const cache = new ImageCache<Image>();

type ImageKind = MachineKind<{ readonly ami?: string | undefined }>;

/** The images that the `ami` option names, of the cluster and of its groups, by their ids. */
export async function imagesById(
  api: Ec2Api,
  kinds: readonly ImageKind[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Image>> {
  const ids = [...new Set(kinds.flatMap(({ options }) => options.ami ?? []))];
  if (ids.length === 0) return new Map();
  const found = await describeImages(api, ids, signal).catch((error: unknown) => {
    throw whoseImage(error, kinds, api) ?? error;
  });
  return new Map(
    ids.map((id) => {
      const image = found.find(({ ImageId }) => ImageId === id);
      if (image?.State === "available") return [id, imageOf(image)];
      throw invalid(
        `The image ${id} cannot be used in the region ${api.region}: ${image === undefined ? "EC2 does not show it" : `it is ${image.State}`}.`,
      );
    }),
  );
}

async function describeImages(
  api: Ec2Api,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly ImageAnswer[]> {
  const { Images = [] } = await api.call("DescribeImages", signal, (ec2, options) =>
    ec2.describeImages({ ImageIds: [...ids] }, options),
  );
  return Images;
}

/** EC2 names the image that it does not know; whose option that is, it cannot know. */
function whoseImage(error: unknown, kinds: readonly ImageKind[], { region }: Ec2Api): DaskFleetError | undefined {
  if (!isAws(error, "InvalidAMIID.NotFound") || error.meaning !== "configuration") return undefined;
  const kind = kinds.find(({ options: { ami } }) => ami !== undefined && error.awsMessage.includes(ami));
  const option = kind === undefined ? "ami" : optionInWords(kind, "ami");
  if (kind === undefined || option === "ami") return undefined;
  const message = `The image ${kind.options.ami}, which \`${option}\` names, does not exist in the region ${region}.`;
  return new DaskFleetError("CONFIG_INVALID", message, { cause: error });
}

/** The newest Ubuntu LTS for each architecture. They are looked up once an hour at the most. */
export async function ubuntuImages(
  api: Ec2Api,
  architectures: readonly Architecture[],
  signal: AbortSignal,
): Promise<ReadonlyMap<Architecture, Image>> {
  const keyOf = (architecture: Architecture): string => `${api.endpoint ?? ""} ${api.region} ${architecture}`;
  const images = new Map<Architecture, Image>();
  for (const architecture of architectures) {
    const cached = cache.get(keyOf(architecture));
    if (cached !== undefined) images.set(architecture, cached);
  }
  const missing = architectures.filter((architecture) => !images.has(architecture));
  if (missing.length === 0) return images;
  const found = await ubuntuAnswers(api, missing, signal);
  for (const architecture of missing) {
    const image = newestUbuntu(found, architecture);
    if (image === undefined) throw noUbuntu(api.region, architecture);
    cache.set(keyOf(architecture), image);
    images.set(architecture, image);
  }
  return images;
}

async function ubuntuAnswers(
  api: Ec2Api,
  architectures: readonly Architecture[],
  signal: AbortSignal,
): Promise<readonly ImageAnswer[]> {
  const [, owner = ""] = CANONICAL.find(([partition]) => partition.test(api.region)) ?? [];
  const pages = await api.pages("DescribeImages", signal, (ec2, page, options) =>
    ec2.describeImages(
      {
        Owners: [owner],
        Filters: [
          {
            Name: "name",
            Values: latestUbuntuLts(new Date()).map(
              (release) => `ubuntu/images/hvm-ssd*/ubuntu-*-${release}-*-server-*`,
            ),
          },
          { Name: "architecture", Values: [...architectures] },
          { Name: "root-device-type", Values: ["ebs"] },
          { Name: "state", Values: ["available"] },
        ],
        MaxResults: 1000,
        ...page,
      },
      options,
    ),
  );
  return pages.flatMap(({ Images = [] }) => Images);
}

/** Of what EC2 has found, the newest build of the newest long-term release. */
export function newestUbuntu(found: readonly ImageAnswer[], architecture: Architecture): Image | undefined {
  const candidates = found
    .filter((image) => image.Architecture === architecture)
    .map((image) => ({ image, release: Number(UBUNTU_LTS.exec(image.Name ?? "")?.[1] ?? Number.NaN) }))
    .filter(({ release }) => release % 2 === 0)
    .sort((a, b) => b.release - a.release || (b.image.CreationDate ?? "").localeCompare(a.image.CreationDate ?? ""));
  return candidates[0] === undefined ? undefined : imageOf(candidates[0].image);
}

function imageOf({ ImageId: id = "", Architecture, RootDeviceName, BlockDeviceMappings }: ImageAnswer): Image {
  if (RootDeviceName === undefined) {
    throw invalid(`The image ${id} has no root device: it cannot be booted from a disk.`);
  }
  const root = BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === RootDeviceName);
  return { id, architecture: Architecture ?? "", rootDevice: RootDeviceName, minimumSize: root?.Ebs?.VolumeSize ?? 1 };
}

function noUbuntu(region: string, architecture: Architecture): DaskFleetError {
  return invalid(
    `The region ${region} has no image of an Ubuntu LTS for ${architecture} by Canonical: set the \`ami\` option.`,
  );
}
