import { hasPublicIp } from "../../src/cloud/machines/placement.ts";
import { invalid } from "../../src/options/invalid.ts";
import { MACHINE_ROLES, type MachineRole } from "../../src/provider/role.ts";
import type { Ec2Api } from "./api/client.ts";
import { assertTypes, type Surroundings, typesOf } from "./machines/candidates.ts";
import { type Image, imageById, ubuntuImages } from "./machines/image.ts";
import { type Architecture, describeTypes, type InstanceType } from "./machines/machine-types.ts";
import { findNetwork, type Network } from "./network/network.ts";
import { listOf, type ResolvedEc2Options } from "./options/resolved-options.ts";

/** What is there before a cluster is made: all that must be known to ask for its machines. */
export type Found = Surroundings & Network & { readonly gpu: Readonly<Record<MachineRole, boolean>> };

/** Looks everything up at the same time. Makes nothing, so that a mistake in the options leaves nothing behind. */
export async function lookUp(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Found> {
  const names = [...new Set([...typesOf("scheduler", options).names, ...typesOf("worker", options).names])];
  const [network, { types, imageFor }] = await Promise.all([
    findNetwork(
      api,
      {
        vpc: options.vpc,
        subnets: listOf(options.subnetId),
        zones: listOf(options.availabilityZone),
        isPublic: { scheduler: hasPublicIp("scheduler", options), worker: hasPublicIp("worker", options) },
      },
      signal,
    ),
    typesAndImages(api, names, options, signal),
  ]);
  for (const role of MACHINE_ROLES) {
    assertTypes(role, options, { types, places: network.places, region: api.region });
  }
  const gpu = (role: MachineRole): boolean =>
    typesOf(role, options).names.some((name) => types.get(name)?.gpu ?? false);
  return { ...network, types, imageFor, gpu: { scheduler: gpu("scheduler"), worker: gpu("worker") } };
}

async function typesAndImages(
  api: Ec2Api,
  names: readonly string[],
  { ami, filesystemSize }: ResolvedEc2Options,
  signal: AbortSignal,
): Promise<Pick<Found, "types" | "imageFor">> {
  const [types, given] = await Promise.all([
    describeTypes(api, names, signal),
    ami === undefined ? undefined : imageById(api, ami, signal),
  ]);
  const architectures = [...new Set([...types.values()].map(({ architecture }) => architecture))];
  const images =
    given === undefined
      ? await ubuntuImages(api, architectures, signal)
      : new Map(architectures.map((architecture) => [architecture, given]));
  if (given !== undefined) assertFits(given, types);
  for (const image of images.values()) assertRoom(image, filesystemSize);
  return {
    types,
    imageFor: (architecture: Architecture) => {
      const image = images.get(architecture);
      if (image === undefined) throw invalid(`There is no image for ${architecture}.`);
      return image;
    },
  };
}

function assertFits({ id, architecture }: Image, types: ReadonlyMap<string, InstanceType>): void {
  for (const type of types.values()) {
    if (type.architecture === architecture) continue;
    throw invalid(
      `The image ${id} is for ${architecture}, but the instance type ${type.name} is ${type.architecture}.`,
    );
  }
}

function assertRoom({ id, minimumSize }: Image, filesystemSize: number): void {
  if (filesystemSize >= minimumSize) return;
  throw invalid(
    `Expected the \`filesystemSize\` option to be at least ${minimumSize}, the size of the image ${id}, got \`${filesystemSize}\` (number)`,
  );
}
