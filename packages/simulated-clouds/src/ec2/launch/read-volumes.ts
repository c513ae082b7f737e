import type { BlockDeviceMapping, EbsBlockDevice } from "@aws-sdk/client-ec2";

import type { Ec2Image } from "../catalogue/images.ts";
import { Ec2Error, invalidCombination, invalidValue, missing } from "../errors.ts";
import { snapshotOf } from "../operations/images.ts";
import type { VolumePlan } from "../state/volume.ts";

interface VolumeType {
  readonly leastGiB: number;
  readonly mostGiB: number;
  /** The operations per second that can be asked for; absent: none can. */
  readonly iops?: readonly [least: number, most: number];
  readonly bootable: boolean;
}

const TYPES: Readonly<Record<string, VolumeType>> = {
  gp2: { leastGiB: 1, mostGiB: 16_384, bootable: true },
  gp3: { leastGiB: 1, mostGiB: 65_536, iops: [3000, 80_000], bootable: true },
  io1: { leastGiB: 4, mostGiB: 16_384, iops: [100, 64_000], bootable: true },
  io2: { leastGiB: 4, mostGiB: 65_536, iops: [100, 256_000], bootable: true },
  st1: { leastGiB: 125, mostGiB: 16_384, bootable: false },
  sc1: { leastGiB: 125, mostGiB: 16_384, bootable: false },
  standard: { leastGiB: 1, mostGiB: 1024, bootable: true },
};
const THROUGHPUT = [125, 2000] as const;

/** The disks of a machine: the image's own, as the mappings change it, and those that they add. */
export function readVolumes(mappings: readonly BlockDeviceMapping[] = [], image: Ec2Image): VolumePlan[] {
  const devices = mappings.map(({ DeviceName: device }) => device ?? missingDevice());
  const twice = devices.find((device, index) => devices.indexOf(device) !== index);
  if (twice !== undefined) {
    throw invalidMapping(`The device '${twice}' is used in more than one block-device mapping`);
  }
  const root: EbsBlockDevice = {
    SnapshotId: snapshotOf(image),
    VolumeSize: image.sizeGiB,
    VolumeType: image.volumeType,
  };
  const byDevice = new Map<string, EbsBlockDevice>([[image.rootDevice, root]]);
  for (const { DeviceName: device = "", Ebs: ebs, NoDevice: none, VirtualName: virtual } of mappings) {
    if (none !== undefined) byDevice.delete(device);
    else if (ebs !== undefined) byDevice.set(device, merged(byDevice.get(device), ebs));
    else if (virtual === undefined) throw invalidMapping(`The mapping of '${device}' is of nothing`);
  }
  if (!byDevice.has(image.rootDevice)) throw invalidMapping("The root device cannot be left out");
  return [...byDevice].map(([device, ebs]) => volumePlan(device, ebs, image));
}

function merged(before: EbsBlockDevice | undefined, wanted: EbsBlockDevice): EbsBlockDevice {
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  return { ...before, ...given };
}

function volumePlan(device: string, ebs: EbsBlockDevice, image: Ec2Image): VolumePlan {
  const { VolumeType: typeName = "gp2", SnapshotId: snapshotId, Encrypted: encrypted = false, KmsKeyId: key } = ebs;
  const type = TYPES[typeName];
  if (type === undefined) throw invalidValue(`Value (${typeName}) for parameter volumeType is invalid.`);
  const isRoot = device === image.rootDevice;
  if (isRoot && !type.bootable) throw invalidMapping(`${typeName} volumes cannot be root devices`);
  if (snapshotId !== undefined && snapshotId !== snapshotOf(image)) {
    throw new Ec2Error("InvalidSnapshot.NotFound", `The snapshot '${snapshotId}' does not exist.`);
  }
  if (key !== undefined && !encrypted) {
    throw new Ec2Error(
      "InvalidParameterDependency",
      "The parameter [KmsKeyId] requires the parameter Encrypted to be set.",
    );
  }
  const sizeGiB = ebs.VolumeSize ?? (snapshotId === undefined ? undefined : image.sizeGiB);
  if (sizeGiB === undefined) throw missing("size or snapshotId");
  if (snapshotId !== undefined && sizeGiB < image.sizeGiB) {
    throw invalidMapping(
      `Volume of size ${sizeGiB}GB is smaller than snapshot '${snapshotId}', expect size >= ${image.sizeGiB}GB`,
    );
  }
  if (!Number.isInteger(sizeGiB) || sizeGiB < type.leastGiB || sizeGiB > type.mostGiB) {
    throw invalidValue(
      `Volume of ${sizeGiB} GiB is out of the range of ${typeName}: ${type.leastGiB} to ${type.mostGiB} GiB`,
    );
  }
  return {
    device,
    sizeGiB,
    type: typeName,
    iops: checkedIops(ebs.Iops, typeName, type),
    throughput: checkedThroughput(ebs.Throughput, typeName),
    encrypted,
    snapshotId,
    deleteOnTermination: ebs.DeleteOnTermination ?? true,
  };
}

function checkedIops(iops: number | undefined, name: string, { iops: range }: VolumeType): number | undefined {
  if (iops === undefined) {
    if (name.startsWith("io")) throw missing("iops");
    return range?.[0];
  }
  if (range === undefined) throw invalidCombination(`The parameter iops is not supported for ${name} volumes.`);
  if (iops < range[0] || iops > range[1]) {
    throw invalidValue(`Volume iops of ${iops} is out of the range of ${name}: ${range[0]} to ${range[1]}`);
  }
  return iops;
}

function checkedThroughput(throughput: number | undefined, name: string): number | undefined {
  const [least, most] = THROUGHPUT;
  if (throughput === undefined) return name === "gp3" ? least : undefined;
  if (name !== "gp3") throw invalidCombination(`The parameter throughput is not supported for ${name} volumes.`);
  if (throughput < least || throughput > most) {
    throw invalidValue(`Volume throughput of ${throughput} is out of range: ${least} to ${most}`);
  }
  return throughput;
}

function missingDevice(): never {
  throw missing("BlockDeviceMapping.DeviceName");
}

function invalidMapping(message: string): Ec2Error {
  return new Ec2Error("InvalidBlockDeviceMapping", message);
}
