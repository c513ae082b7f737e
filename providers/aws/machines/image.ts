import type { Image as ImageAnswer } from "@aws-sdk/client-ec2";

import { ImageCache, latestUbuntuLts } from "../../../src/cloud/machines/ubuntu-lts.ts";
import type { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { Ec2Api } from "../api/client.ts";
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

/** The image that the `ami` option names. */
export async function imageById(api: Ec2Api, id: string, signal: AbortSignal): Promise<Image> {
  const { Images: [image] = [] } = await api.call("DescribeImages", signal, (ec2, options) =>
    ec2.describeImages({ ImageIds: [id] }, options),
  );
  if (image === undefined || image.State !== "available") {
    throw invalid(
      `The image ${id} cannot be used in the region ${api.region}: ${image === undefined ? "EC2 does not show it" : `it is ${image.State}`}.`,
    );
  }
  return imageOf(image);
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
