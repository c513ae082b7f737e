import type { Reach } from "../../../src/cloud/network/address-family.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { ComputeApi } from "../api/client.ts";
import { lastPart, parseLink, regionOf } from "../api/links.ts";
import type { Subnetwork } from "../api/sdk.ts";
import { isNotFound } from "../errors/gcp-error.ts";
import type { ResolvedGcpOptions } from "../options/resolved-options.ts";

/** Where machines are connected. */
export interface Network {
  /** The project that the network and its firewall rules lie in. */
  readonly project: string;
  /** Such as `projects/p/global/networks/n`. */
  readonly link: string;
  /** The subnet in each region, such as `projects/p/regions/r/subnetworks/s`; a region without one has the network's own choice. */
  readonly subnetworks: Readonly<Record<string, string>>;
  /** Which addresses machines can have in each region; where nothing is said, IPv4 only. */
  readonly stacks: Readonly<Record<string, Stack>>;
}

/** Which addresses a subnet gives to machines. */
export interface Stack {
  readonly kind: "ipv4" | "dual" | "ipv6";
  /** Whether its IPv6 addresses are public ones. A subnet has no others then. */
  readonly isExternal: boolean;
  readonly ipv6Range: string | undefined;
}

interface Subnet {
  readonly network: string;
  readonly range: string;
  readonly stack: Stack;
}

type Wishes = Pick<ResolvedGcpOptions, "network" | "networkProjectId" | "subnetwork" | "zones">;
type PublicWishes = Pick<ResolvedGcpOptions, "publicIp" | "workerPublicIp">;

/** Finds the network, and the subnet in the region of each zone. */
export async function findNetwork(api: ComputeApi, wishes: Wishes, signal: AbortSignal): Promise<Network> {
  const asked = parseLink(wishes.network);
  const project = projectOf(api, wishes);
  const name = asked?.name ?? wishes.network;
  const regions = [...new Set(wishes.zones.map(regionOf))];
  if (wishes.subnetwork !== undefined) {
    const found = await bySubnetwork(api, { project, regions, text: wishes.subnetwork }, signal);
    if (name !== "default" && lastPart(found.link) !== name) {
      throw invalid(`The subnet ${wishes.subnetwork} is one of the network ${lastPart(found.link)}, not of ${name}.`);
    }
    return found;
  }
  try {
    return await byName(api, { project, regions, name }, signal);
  } catch (error) {
    if (!isNotFound(error) || asked !== undefined) throw error;
    // dask-cloudprovider takes the name of a subnet for that of its network.
    return await bySubnetwork(api, { project, regions, text: name }, signal).catch((inner: unknown) => {
      throw isNotFound(inner) ? error : inner;
    });
  }
}

/** The project of the network: its own, or another's that shares it. */
export function projectOf(api: ComputeApi, { network, networkProjectId, subnetwork }: Omit<Wishes, "zones">): string {
  const linked = parseLink(subnetwork ?? "")?.project ?? parseLink(network)?.project;
  if (linked !== undefined && networkProjectId !== undefined && linked !== networkProjectId) {
    throw invalid(`The network lies in the project ${linked}, but \`networkProjectId\` is ${networkProjectId}.`);
  }
  return networkProjectId ?? linked ?? api.project;
}

/** The addresses of the subnets in those zones' regions, in CIDR notation. */
export async function rangesOf(
  api: ComputeApi,
  { project, link, subnetworks }: Network,
  zones: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const regions = [...new Set(zones.map(regionOf))];
  const found = await Promise.all(
    // A network that chooses by itself has a subnet of its own name in every region.
    regions.map((region) =>
      getSubnetwork(api, { project, region, name: lastPart(subnetworks[region] ?? link) }, signal),
    ),
  );
  return found.flatMap(({ range, stack }) => [range, stack.ipv6Range ?? ""]).filter((range) => range !== "");
}

/**
 * How clients can reach a scheduler.
 *
 * @throws DaskFleetError `CONFIG_INVALID` for subnets where machines could not have the public addresses that are asked for, or
 *   could not reach each other
 */
export function reachOf({ subnetworks, stacks }: Network, { publicIp, workerPublicIp }: PublicWishes): Reach {
  const all = Object.entries(subnetworks).map(([region, link]) => ({
    name: lastPart(link),
    ...stackIn(stacks, region),
  }));
  const only = all.filter(({ kind }) => kind === "ipv6");
  const names = all.map(({ name }) => name).join(", ");
  const ipv6Target = all.find(({ ipv6Range }) => ipv6Range !== undefined)?.ipv6Range?.split("/")[0];
  if (only.length === 0) {
    const hasBoth = all.length > 0 && all.every(({ kind, isExternal }) => kind === "dual" && isExternal);
    if (!hasBoth || !publicIp) return { families: [4], because: `the subnet ${names} gives no public IPv6 addresses` };
    return { families: [4, 6], because: `the subnet ${names} is dual-stack`, ipv6Target };
  }
  const other = all.find(({ kind }) => kind !== "ipv6");
  const [{ name, isExternal } = { name: "", isExternal: false }] = only;
  if (other !== undefined) {
    throw invalid(
      `The subnet ${name} is IPv6-only and ${other.name} is not: their machines could not reach each other.`,
    );
  }
  if (publicIp && !isExternal) {
    throw invalid(
      `The subnet ${name} is IPv6-only with internal addresses, so that no machine can have a public one: set \`publicIp\` to false.`,
    );
  }
  if (isExternal && !(publicIp && workerPublicIp)) {
    throw invalid(
      `The subnet ${name} is IPv6-only with external addresses, so that every machine has a public one: leave out \`publicIp\` and \`workerPublicIp\`, or take a subnet with internal IPv6 addresses.`,
    );
  }
  return { families: [6], because: `the subnet ${name} is IPv6-only`, ipv6Target };
}

export function stackIn(stacks: Network["stacks"], region: string): Stack {
  return stacks[region] ?? { kind: "ipv4", isExternal: false, ipv6Range: undefined };
}

async function byName(
  api: ComputeApi,
  { project, regions, name }: { readonly project: string; readonly regions: readonly string[]; readonly name: string },
  signal: AbortSignal,
): Promise<Network> {
  const [{ autoCreateSubnetworks, subnetworks }] = await api.call("networks", "get", signal, (client, options) =>
    client.get({ project, network: name }, options),
  );
  const link = `projects/${project}/global/networks/${name}`;
  // Such a network is IPv4-only.
  if (autoCreateSubnetworks === true) return { project, link, subnetworks: {}, stacks: {} };
  const chosen = regions.map((region) => [region, chooseSubnetwork(name, region, subnetworks ?? [])] as const);
  const found = await Promise.all(
    chosen.map(async ([region, subnet]) => {
      const { stack } = await getSubnetwork(api, { project, region, name: lastPart(subnet) }, signal);
      return [region, stack] as const;
    }),
  );
  return { project, link, subnetworks: Object.fromEntries(chosen), stacks: Object.fromEntries(found) };
}

/** Of the subnets that a network has in a region, the only one, or the one that is called as the network. */
export function chooseSubnetwork(network: string, region: string, links: readonly string[]): string {
  const here = links.map(parseLink).filter((link) => link !== undefined && link.region === region);
  const chosen = here.length === 1 ? here[0] : here.find((link) => link?.name === network);
  if (chosen !== undefined) return `projects/${chosen.project}/regions/${region}/subnetworks/${chosen.name}`;
  throw invalid(
    here.length === 0
      ? `The network ${network} has no subnet in the region ${region}.`
      : `The network ${network} has several subnets in the region ${region}: set \`subnetwork\` to one of ${here.map((link) => link?.name).join(", ")}.`,
  );
}

async function bySubnetwork(
  api: ComputeApi,
  { project, regions, text }: { readonly project: string; readonly regions: readonly string[]; readonly text: string },
  signal: AbortSignal,
): Promise<Network> {
  const link = parseLink(text);
  const name = link?.name ?? text;
  const elsewhere = regions.find((region) => link?.region !== undefined && link.region !== region);
  if (elsewhere !== undefined) {
    throw invalid(
      `The subnet ${text} is not in the region ${elsewhere}, where a zone is: give its name only, or other zones.`,
    );
  }
  const found = await Promise.all(regions.map((region) => getSubnetwork(api, { project, region, name }, signal)));
  const networks = [...new Set(found.map(({ network }) => network))];
  const [network = ""] = networks;
  if (networks.length > 1) throw invalid(`The subnets ${name} of ${regions.join(", ")} are of different networks.`);
  const subnetworks = regions.map((region) => [region, `projects/${project}/regions/${region}/subnetworks/${name}`]);
  const stacks = regions.map((region, index) => [region, found[index]?.stack]);
  return { project, link: network, subnetworks: Object.fromEntries(subnetworks), stacks: Object.fromEntries(stacks) };
}

async function getSubnetwork(
  api: ComputeApi,
  { project, region, name: subnetwork }: { readonly project: string; readonly region: string; readonly name: string },
  signal: AbortSignal,
): Promise<Subnet> {
  const [found] = await api.call("subnetworks", "get", signal, (client, options) =>
    client.get({ project, region, subnetwork }, options),
  );
  const link = parseLink(found.network ?? "");
  const network = `projects/${link?.project ?? project}/global/networks/${link?.name}`;
  return { network, range: found.ipCidrRange ?? "", stack: stackOf(found) };
}

function stackOf(subnet: Subnetwork): Stack {
  const { stackType, ipv6AccessType, externalIpv6Prefix: external, internalIpv6Prefix: internal } = subnet;
  const kind = stackType === "IPV6_ONLY" ? "ipv6" : stackType === "IPV4_IPV6" ? "dual" : "ipv4";
  const isExternal = ipv6AccessType === "EXTERNAL";
  const range = isExternal ? external : internal;
  return { kind, isExternal, ipv6Range: range === null || range === "" ? undefined : range };
}
