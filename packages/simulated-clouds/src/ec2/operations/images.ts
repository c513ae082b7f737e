import type { DescribeImagesRequest, DescribeImagesResult, Image } from "@aws-sdk/client-ec2";

import type { Ec2Image } from "../catalogue/images.ts";
import { ACCOUNT_ID, type Account } from "../state/account.ts";
import { fixedId } from "../state/ids.ts";
import { tagList } from "../state/tag-rules.ts";
import type { Call } from "./call.ts";
import { type FilterTable, filteredWithTags } from "./filters.ts";
import { pageOf } from "./paging.ts";

const FILTERS: FilterTable<Ec2Image> = {
  architecture: ({ architecture }) => architecture,
  "block-device-mapping.volume-type": ({ volumeType }) => volumeType,
  "creation-date": ({ createdAt }) => createdAt,
  description: ({ description }) => description,
  "ena-support": () => true,
  hypervisor: () => "xen",
  "image-id": ({ id }) => id,
  "image-type": () => "machine",
  "imds-support": ({ imdsV2 }) => (imdsV2 ? "v2.0" : undefined),
  "is-public": () => true,
  name: ({ name }) => name,
  "owner-alias": ({ ownerAlias }) => ownerAlias,
  "owner-id": ({ owner }) => owner,
  platform: () => undefined,
  "platform-details": () => "Linux/UNIX",
  "root-device-name": ({ rootDevice }) => rootDevice,
  "root-device-type": ({ rootType }) => rootType,
  state: () => "available",
  "sriov-net-support": () => "simple",
  "virtualization-type": () => "hvm",
};

export function describeImages(call: Call<DescribeImagesRequest>): DescribeImagesResult {
  const { account, input } = call;
  const named = input.ImageIds === undefined ? account.images.all : account.images.demand(input.ImageIds);
  const owned = named.filter((image) => isOwnedBy(image, input.Owners));
  const runnable = owned.filter((image) => mayRun(image, input.ExecutableUsers));
  const current =
    input.IncludeDeprecated || input.ImageIds ? runnable : runnable.filter((image) => isCurrent(image, account));
  // None of the catalogue is disabled.
  void input.IncludeDisabled;
  const page = pageOf(call, filteredWithTags(current, input.Filters, FILTERS), {
    least: 1,
    named: { parameter: "imageIdsSet", ids: input.ImageIds },
  });
  return { Images: page.items.map((image) => imageView(image)), NextToken: page.NextToken };
}

function isCurrent({ deprecatedAt }: Ec2Image, account: Account): boolean {
  return deprecatedAt.getTime() > account.now;
}

function isOwnedBy({ owner, ownerAlias }: Ec2Image, owners: readonly string[] = []): boolean {
  const ids = owners.map((each) => (each === "self" ? ACCOUNT_ID : each));
  return ids.length === 0 || ids.some((each) => each === owner || each === ownerAlias);
}

/** All of them are public. */
function mayRun({ owner }: Ec2Image, users: readonly string[] = []): boolean {
  return users.length === 0 || users.includes("all") || (users.includes("self") && owner === ACCOUNT_ID);
}

function imageView(image: Ec2Image): Image {
  const ebs = image.rootType === "ebs";
  const root = {
    DeviceName: image.rootDevice,
    Ebs: {
      DeleteOnTermination: true,
      Encrypted: false,
      SnapshotId: snapshotOf(image),
      VolumeSize: image.sizeGiB,
      VolumeType: image.volumeType,
    },
  };
  return {
    ImageId: image.id,
    ImageLocation: `${image.ownerAlias ?? image.owner}/${image.name}`,
    State: "available",
    OwnerId: image.owner,
    CreationDate: image.createdAt.toISOString(),
    Public: true,
    Architecture: image.architecture,
    ImageType: "machine",
    Name: image.name,
    Description: image.description,
    RootDeviceType: image.rootType,
    RootDeviceName: image.rootDevice,
    BlockDeviceMappings: [
      ...(ebs ? [root] : []),
      { DeviceName: "/dev/sdb", VirtualName: "ephemeral0" },
      { DeviceName: "/dev/sdc", VirtualName: "ephemeral1" },
    ],
    VirtualizationType: "hvm",
    Hypervisor: "xen",
    EnaSupport: true,
    SriovNetSupport: "simple",
    BootMode: image.architecture === "arm64" ? "uefi" : "uefi-preferred",
    PlatformDetails: "Linux/UNIX",
    UsageOperation: "RunInstances",
    DeprecationTime: image.deprecatedAt.toISOString(),
    Tags: tagList(image.tags),
    ...(image.ownerAlias && { ImageOwnerAlias: image.ownerAlias }),
    ...(image.imdsV2 && { ImdsSupport: "v2.0" as const }),
  };
}

/** What an image's root volume is made from. */
export function snapshotOf({ id }: Pick<Ec2Image, "id">): string {
  return fixedId("snap", id);
}
