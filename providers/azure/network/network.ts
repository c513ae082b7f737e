import type { Subnet, VirtualNetwork } from "@azure/arm-network";

import { familyOf, type Reach } from "../../../src/cloud/network/address-family.ts";
import type { ClusterNetwork } from "../../../src/cloud/network/ingress.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { AzureApi } from "../api/client.ts";
import { nameIn, networkOf, parseId, sameName } from "../api/resource-id.ts";
import { isNotFound } from "../errors/azure-error.ts";
import { locationIn, type ResolvedAzureOptions } from "../options/resolved-options.ts";
import { type Named, networkName } from "../tags/names.ts";

/** Where machines are connected. */
export interface Network {
  /** Id of the subnet. */
  readonly subnet: string;
  /** The network's own addresses, in CIDR notation; empty for one that is to be made. */
  readonly ranges: readonly string[];
}

type Wishes = Pick<ResolvedAzureOptions, "vnet" | "subnet" | "resourceGroup" | "location">;

/** The network interface of a machine on Azure always has an IPv4 address, and ours have no other. */
const REACH: Reach = { families: [4], because: "on Azure, dask-fleet's machines have no IPv6 addresses" };

/** Of a network that is made. It meets no other, unless somebody connects the two. */
export const RANGE = "10.0.0.0/16";
const SUBNET = "default";

/** Whether the cluster gets its own virtual network. */
export function makesNetwork({ vnet, subnet }: Pick<Wishes, "vnet" | "subnet">): boolean {
  return vnet === undefined && parseId(subnet) === undefined;
}

/** The network that the options name, or the one that is to be made. */
export async function findNetwork(
  api: AzureApi,
  wishes: Wishes,
  cluster: Named,
  signal: AbortSignal,
): Promise<Network> {
  if (makesNetwork(wishes)) {
    const id = idOf(api, wishes.resourceGroup, "virtualNetworks", networkName(cluster));
    return { subnet: `${id}/subnets/${SUBNET}`, ranges: [] };
  }
  const network = await existing(api, wishes, signal);
  const { name, addressSpace, subnets = [] } = network;
  assertNear(`virtual network ${name}`, network, wishes);
  const wanted = parseId(wishes.subnet)?.names.at(-1) ?? wishes.subnet;
  const subnet = wanted === undefined ? subnets[0] : subnets.find((each) => sameName(each.name, wanted));
  if (subnet?.id === undefined) {
    const there = subnets.map((each) => each.name).join(", ");
    throw invalid(
      wanted === undefined
        ? `The virtual network ${name} has no subnet.`
        : `The virtual network ${name} has no subnet ${wanted}; it has ${there === "" ? "none" : there}.`,
    );
  }
  assertIpv4(subnet);
  return { subnet: subnet.id, ranges: addressSpace?.addressPrefixes ?? [] };
}

/** What is known of the network, once it is found. */
export function reachOf(found: Promise<Network>): () => Promise<ClusterNetwork> {
  return async () => {
    const { ranges } = await found;
    return { reach: REACH, ranges: async () => ranges };
  };
}

function assertIpv4({ name, addressPrefix, addressPrefixes = [] }: Subnet): void {
  const prefixes = [...(addressPrefix === undefined ? [] : [addressPrefix]), ...addressPrefixes];
  if (prefixes.length === 0 || prefixes.some((prefix) => familyOf(prefix) === 4)) return;
  throw invalid(
    `The subnet ${name} has IPv6 addresses only (${prefixes.join(", ")}), and every machine on Azure needs an IPv4 address: take a subnet that has both.`,
  );
}

/** The body that creates the cluster's own network. */
export function networkFor(location: string, tags: Readonly<Record<string, string>>): VirtualNetwork {
  return {
    location,
    tags: { ...tags },
    addressSpace: { addressPrefixes: [RANGE] },
    // Machines have public addresses of their own for what they fetch.
    subnets: [{ name: SUBNET, addressPrefix: RANGE, defaultOutboundAccess: false }],
  };
}

/** @throws DaskFleetError `CONFIG_INVALID` where there is no such network security group for the cluster's machines */
export async function findSecurityGroup(
  api: AzureApi,
  wishes: Pick<ResolvedAzureOptions, "securityGroup" | "resourceGroup" | "location">,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (wishes.securityGroup === undefined) return undefined;
  const { group, name } = placeOf(api, wishes.securityGroup, wishes.resourceGroup);
  const found = await orInvalid(
    api.call("NetworkSecurityGroups_Get", signal, ({ network }) => network.networkSecurityGroups.get(group, name)),
    `The resource group ${group} has no network security group ${name}.`,
  );
  assertNear(`network security group ${found.name}`, found, wishes);
  return found.id;
}

/** `/subscriptions/…/providers/Microsoft.Network/virtualNetworks/v` */
export function idOf(api: AzureApi, resourceGroup: string, type: string, name: string): string {
  return `/subscriptions/${api.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Network/${type}/${name}`;
}

async function existing(
  api: AzureApi,
  { vnet, subnet, resourceGroup }: Wishes,
  signal: AbortSignal,
): Promise<VirtualNetwork> {
  const { group, name } = placeOf(api, networkOf(subnet) ?? vnet ?? "", resourceGroup);
  return await orInvalid(
    api.call("VirtualNetworks_Get", signal, ({ network }) => network.virtualNetworks.get(group, name)),
    `The resource group ${group} has no virtual network ${name}.`,
  );
}

/** Of a name in the cluster's resource group, or an id. */
function placeOf(
  api: AzureApi,
  nameOrId: string,
  resourceGroup: string,
): { readonly group: string; readonly name: string } {
  const id = parseId(nameOrId);
  if (id === undefined) return { group: resourceGroup, name: nameOrId };
  if (!sameName(id.subscription, api.subscriptionId)) {
    throw invalid(`${nameOrId} is of another subscription than the cluster (${api.subscriptionId}).`);
  }
  return { group: id.resourceGroup, name: nameIn(nameOrId) };
}

/** Azure connects machines to what is in their own location only. */
function assertNear(
  what: string,
  { location }: { readonly location?: string },
  { location: wanted }: Pick<Wishes, "location">,
): void {
  if (location !== undefined && locationIn(location) === wanted) return;
  throw invalid(`The ${what} is in ${location}, but the cluster is to be in ${wanted}.`);
}

async function orInvalid<Answer>(asking: Promise<Answer>, message: string): Promise<Answer> {
  try {
    return await asking;
  } catch (error) {
    if (isNotFound(error)) throw invalid(message);
    throw error;
  }
}
