import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import type { Addressing } from "../../../src/cloud/network/address-family.ts";
import type { Ingress } from "../../../src/cloud/network/ingress.ts";
import type { ClusterNetwork } from "../../../src/cloud/network/ingress.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import { MACHINE_ROLES, type MachineRole } from "../../../src/provider/role.ts";
import type { Ec2Api } from "../api/client.ts";
import { type RoleGroups, ensureGroups, findRoleGroups } from "../network/firewall.ts";
import { type Network, findNetwork, rangesOf } from "../network/network.ts";
import { assertKnownNames } from "../options/override-names.ts";
import { type ResolvedEc2Options, listOf } from "../options/resolved-options.ts";
import { type DiscoveredMachines, assertTypes, typesOf } from "./candidates.ts";
import { type Image, imageById, ubuntuImages } from "./image.ts";
import { type Architecture, type InstanceType, describeTypes } from "./machine-types.ts";

/** What exists before the cluster. */
export type Discovery = DiscoveredMachines & Network & { readonly gpu: Readonly<Record<MachineRole, boolean>> };

/** All that machines are asked for with. */
export interface PreparedDiscovery extends Discovery {
  readonly securityGroups: RoleGroups;
  readonly addressing: Addressing;
}

export interface DiscoveryInput {
  readonly api: Ec2Api;
  readonly options: ResolvedEc2Options;
  readonly identity: ClusterIdentity;
}

interface GroupInput {
  readonly tags: Readonly<Record<string, string>>;
  /** Who may reach the scheduler, and how. */
  readonly ingress: (network: () => Promise<ClusterNetwork>) => Promise<Ingress>;
  readonly recent: RecentCreations;
  /** Called before anything is created. */
  readonly onMaking: () => void;
}

/** Discovers what exists, then creates what does not: the cluster's security groups, unless the options name some. */
export async function prepareDiscovery(
  { api, options, identity }: DiscoveryInput,
  { tags, ingress, recent, onMaking }: GroupInput,
  signal: AbortSignal,
): Promise<PreparedDiscovery> {
  const { securityGroups } = options;
  assertKnownNames(api.runInstancesSchema, options.runInstances);
  const found = discover(api, options, signal);
  const [known, { cidrs, clients }] = await Promise.all([found, ingress(networkOf(api, found, signal))]);
  const discovery = { ...known, addressing: { members: membersFamily(known), clients } };
  if (securityGroups.length > 0) return { ...discovery, securityGroups: forBoth(securityGroups) };
  onMaking();
  const wishes = { vpcId: known.vpcId, identity, tags, userTags: options.tags, cidrs };
  return { ...discovery, securityGroups: await ensureGroups(api, wishes, { recent, signal }) };
}

/** What is known of the network, once it is found. */
export function networkOf(api: Ec2Api, found: Promise<Network>, signal: AbortSignal): () => Promise<ClusterNetwork> {
  return async () => {
    const { reach, vpcId } = await found;
    return { reach, ranges: async () => await rangesOf(api, vpcId, signal) };
  };
}

function membersFamily({ places }: Pick<Discovery, "places">): Addressing["members"] {
  return places.worker.every(({ stack }) => stack === "ipv6") ? 6 : 4;
}

/**
 * For a process that did not prepare the cluster. Creates nothing.
 *
 * @param addressing from the process that prepared it
 */
export async function discoverPrepared(
  { api, options, identity }: DiscoveryInput,
  addressing: Addressing,
  signal: AbortSignal,
): Promise<PreparedDiscovery> {
  const { securityGroups: given } = options;
  const [known, securityGroups] = await Promise.all([
    discover(api, options, signal),
    given.length > 0 ? forBoth(given) : findRoleGroups(api, identity, signal),
  ]);
  if (securityGroups !== undefined) return { ...known, securityGroups, addressing };
  const message = `The security group of ${identity.name} does not exist any more. No machine can be added.`;
  throw new DaskFleetError("PROVIDER_FAILED", message, { meaning: "gone" });
}

function forBoth(groups: readonly string[]): RoleGroups {
  return { scheduler: groups, worker: groups };
}

/** The network that the options name, or the default one. */
export async function discoverNetwork(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Network> {
  const wishes = {
    vpc: options.vpc,
    subnets: listOf(options.subnetId),
    zones: listOf(options.availabilityZone),
    isPublic: { scheduler: hasPublicIp("scheduler", options), worker: hasPublicIp("worker", options) },
  };
  return await findNetwork(api, wishes, signal);
}

/** Looks everything up at the same time and creates nothing: a mistake in the options leaves nothing behind. */
export async function discover(api: Ec2Api, options: ResolvedEc2Options, signal: AbortSignal): Promise<Discovery> {
  const names = [...new Set([...typesOf("scheduler", options).names, ...typesOf("worker", options).names])];
  const [network, { types, imageFor }] = await Promise.all([
    discoverNetwork(api, options, signal),
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
  { ami, diskSize }: ResolvedEc2Options,
  signal: AbortSignal,
): Promise<Pick<Discovery, "types" | "imageFor">> {
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
  for (const image of images.values()) assertRoom(image, diskSize);
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

function assertRoom({ id, minimumSize }: Image, diskSize: number): void {
  if (diskSize >= minimumSize) return;
  throw invalid(
    `Expected the \`diskSize\` option to be at least ${minimumSize}, the size of the image ${id}, got \`${diskSize}\` (number)`,
  );
}
