import type { FoundGpus } from "../../../src/cloud/cloud-nodes.ts";
import { type MachineKind, kindInWords, kindKey, optionInWords } from "../../../src/cloud/machines/kinds.ts";
import { hasPublicIp } from "../../../src/cloud/machines/placement.ts";
import type { RecentCreations } from "../../../src/cloud/machines/recent-creations.ts";
import type { Addressing } from "../../../src/cloud/network/address-family.ts";
import type { ClusterNetwork, Ingress } from "../../../src/cloud/network/ingress.ts";
import { DaskFleetError } from "../../../src/errors.ts";
import type { ClusterIdentity } from "../../../src/provider/identity.ts";
import { DEFAULT_GROUP } from "../../../src/provider/worker-group.ts";
import type { Ec2Api } from "../api/client.ts";
import { type RoleGroups, ensureGroups, findRoleGroups } from "../network/firewall.ts";
import { findNetwork, type KindNetwork, type Network, type PlaceWishes, rangesOf } from "../network/network.ts";
import { assertKnownNames } from "../options/override-names.ts";
import { type ResolvedEc2Options, listOf } from "../options/resolved-options.ts";
import { type DiscoveredMachines, assertTypes, typesOf } from "./candidates.ts";
import { typesAndImages } from "./types-and-images.ts";

/** What exists before the cluster, for machines of one kind. */
export interface FoundKind extends DiscoveredMachines, KindNetwork {
  readonly gpu: boolean;
}

/** What exists before the cluster. */
export interface Discovery {
  readonly vpcId: string;
  /** By {@link kindKey}. */
  readonly kinds: ReadonlyMap<string, FoundKind>;
}

/** All that machines are asked for with. */
export interface PreparedDiscovery extends Discovery {
  readonly securityGroups: RoleGroups;
  readonly addressing: Addressing;
}

export type Kind = MachineKind<ResolvedEc2Options>;

export interface DiscoveryInput {
  readonly api: Ec2Api;
  readonly options: ResolvedEc2Options;
  readonly identity: ClusterIdentity;
}

interface GroupInput {
  /** The scheduler, and each group of workers. */
  readonly kinds: readonly Kind[];
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
  { kinds, tags, ingress, recent, onMaking }: GroupInput,
  signal: AbortSignal,
): Promise<PreparedDiscovery> {
  const { securityGroups } = options;
  for (const kind of kinds) {
    assertKnownNames(api.runInstancesSchema, kind.options.runInstances, optionInWords(kind, "runInstances"));
  }
  const found = discover(api, kinds, signal);
  const [known, { cidrs, clients }] = await Promise.all([found, ingress(networkOf(api, found, signal))]);
  const discovery = { ...known, addressing: { members: membersFamily(known), clients } };
  if (securityGroups.length > 0) return { ...discovery, securityGroups: forBoth(securityGroups) };
  onMaking();
  const wishes = { vpcId: known.vpcId, identity, tags, userTags: options.tags, cidrs };
  return { ...discovery, securityGroups: await ensureGroups(api, wishes, { recent, signal }) };
}

/** What is known of the scheduler's network, once it is found. */
export function networkOf(api: Ec2Api, found: Promise<Discovery>, signal: AbortSignal): () => Promise<ClusterNetwork> {
  return async () => {
    const { vpcId, kinds } = await found;
    const { reach } = foundKind(kinds, { role: "scheduler", group: undefined });
    return { reach, ranges: async () => await rangesOf(api, vpcId, signal) };
  };
}

/** @throws Error for a kind that was not looked up */
export function foundKind(kinds: Discovery["kinds"], kind: Pick<Kind, "role" | "group">): FoundKind {
  const found = kinds.get(kindKey(kind));
  if (found === undefined) throw new Error(`Nothing is known of ${kindInWords(kind)} machines`);
  return found;
}

/** Which of these kinds have GPUs. */
export function gpusOf({ kinds: found }: Discovery, kinds: readonly Kind[]): FoundGpus {
  const groups = kinds
    .filter(({ role }) => role === "worker")
    .map((kind) => [kind.group?.name ?? DEFAULT_GROUP, foundKind(found, kind).gpu] as const);
  const scheduler = kinds.find(({ role }) => role === "scheduler");
  return {
    ...(scheduler === undefined ? {} : { scheduler: foundKind(found, scheduler).gpu }),
    groups: Object.fromEntries(groups),
  };
}

/** One family for all: no cluster has subnets of both. */
function membersFamily({ kinds }: Discovery): Addressing["members"] {
  return [...kinds.values()].every(({ places }) => places.every(({ stack }) => stack === "ipv6")) ? 6 : 4;
}

/**
 * For a process that did not prepare the cluster: what is needed for machines of one kind. Creates nothing.
 *
 * @param addressing from the process that prepared it
 */
export async function discoverPrepared(
  { api, options, identity }: DiscoveryInput,
  { kind, addressing }: { readonly kind: Kind; readonly addressing: Addressing },
  signal: AbortSignal,
): Promise<PreparedDiscovery> {
  const { securityGroups: given } = options;
  const [known, securityGroups] = await Promise.all([
    discover(api, [kind], signal),
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
export async function discoverNetwork(api: Ec2Api, kinds: readonly Kind[], signal: AbortSignal): Promise<Network> {
  const [first] = kinds;
  return await findNetwork(api, first?.options.vpc, kinds.map(placeWishes), signal);
}

/** A group's own subnets take no notice of the cluster's zones; its own zones choose among the cluster's subnets. */
function placeWishes(kind: Kind): PlaceWishes {
  const { subnetId, availabilityZone } = kind.options;
  const hasOwn = (option: string): boolean => kind.group !== undefined && Object.hasOwn(kind.group.options, option);
  const isElsewhere = hasOwn("subnetId") && !hasOwn("availabilityZone");
  return {
    subnets: listOf(subnetId),
    zones: isElsewhere ? [] : listOf(availabilityZone),
    zoneOption: optionInWords(kind, "availabilityZone"),
    zonesChoose: hasOwn("availabilityZone") && !hasOwn("subnetId"),
    isPublic: hasPublicIp(kind.role, kind.options),
  };
}

/** Looks everything up at the same time, for all kinds, and creates nothing: a mistake in the options leaves nothing behind. */
export async function discover(api: Ec2Api, kinds: readonly Kind[], signal: AbortSignal): Promise<Discovery> {
  const [network, { types, imageFor }] = await Promise.all([
    discoverNetwork(api, kinds, signal),
    typesAndImages(api, kinds, signal),
  ]);
  const found = kinds.map((kind, nth): readonly [string, FoundKind] => {
    const here = network.kinds[nth];
    if (here === undefined) throw new Error(`No subnets were chosen for ${kindInWords(kind)} machines`);
    assertTypes(kind, { types, places: here.places, region: api.region });
    const gpu = typesOf(kind).names.some((name) => types.get(name)?.gpu ?? false);
    return [kindKey(kind), { ...here, types, imageFor: (architecture) => imageFor(kind, architecture), gpu }];
  });
  return { vpcId: network.vpcId, kinds: new Map(found) };
}
