import { NotUnderstood } from "../../core/http-cloud.ts";
import { ApiError, badRequest, invalidReference, missingParameter } from "../api-error.ts";
import type { Tags } from "../bodies/common.ts";
import type { NicBody, PublicAddressBody } from "../bodies/machine-parts.ts";
import type { Account } from "../state/account.ts";
import { type SubnetEntry, subnetById } from "../state/networks.ts";
import type { Resource, Shelf } from "../state/shelf.ts";
import { checkTags } from "./tags.ts";

export interface NicPlan {
  readonly configuration: string;
  readonly ipConfiguration: string;
  readonly primary: boolean;
  readonly accelerated: boolean;
  readonly deletes: boolean;
  readonly tags: Tags;
  readonly subnet: SubnetEntry;
  readonly securityGroup: string | undefined;
  readonly applicationGroups: readonly string[];
  readonly publicAddress:
    | { readonly name: string; readonly tags: Tags; readonly deletes: boolean; readonly sku: "Standard" }
    | undefined;
}

interface Asker {
  /** The id of what refers to networks. */
  readonly id: string;
  readonly location: string;
  /** Whether a scale set asks: its addresses are Standard and static, and its parts go with a VM unless it says otherwise. */
  readonly scaleSet: boolean;
}

interface NetworkProfile {
  readonly networkApiVersion?: string | undefined;
  readonly networkInterfaceConfigurations?: readonly NicBody[] | undefined;
}

/** The network interfaces that a machine is asked for with. @throws ApiError where what they name is not there */
export function nicPlans(account: Account, profile: NetworkProfile | undefined, asker: Asker): readonly NicPlan[] {
  const configurations = profile?.networkInterfaceConfigurations ?? [];
  if (configurations.length === 0) throw missingParameter("networkProfile");
  if (profile?.networkApiVersion === undefined) throw missingParameter("networkProfile.networkApiVersion");
  const primaries = configurations.filter(({ properties }) => properties?.primary ?? configurations.length === 1);
  if (primaries.length !== 1) {
    throw badRequest(
      "VirtualMachineMustHaveOneNetworkInterfaceAsPrimary",
      `Virtual machine ${asker.id} must have one network interface set as the primary.`,
    );
  }
  return configurations.map((configuration) => nicPlan(account, configuration, asker, configuration === primaries[0]));
}

function nicPlan(account: Account, { name, tags = {}, properties }: NicBody, asker: Asker, primary: boolean): NicPlan {
  checkTags(tags);
  const [ip, ...others] = properties?.ipConfigurations ?? [];
  if (ip === undefined) throw missingParameter("networkInterfaceConfigurations.properties.ipConfigurations");
  if (others.length > 0) throw new NotUnderstood("several IP configurations of one network interface");
  const { subnet: subnetReference, publicIPAddressConfiguration, applicationSecurityGroups = [] } = ip.properties ?? {};
  if (subnetReference === undefined) throw missingParameter("ipConfigurations.properties.subnet");
  const subnet = subnetById(account.networks.all, subnetReference.id);
  const network = subnet === undefined ? undefined : account.networks.byId(subnet.network);
  if (subnet === undefined || network?.location !== asker.location)
    throw invalidReference(subnetReference.id, asker.id);
  assertReady(account, network);
  const found = <Item extends Resource & { readonly readyAt: number }>(shelf: Shelf<Item>, id: string): Item => {
    const item = shelf.byId(id);
    if (item === undefined || item.location !== asker.location) throw invalidReference(id, asker.id);
    assertReady(account, item);
    return item;
  };
  const { networkSecurityGroup, deleteOption } = properties ?? {};
  const groups = applicationSecurityGroups.map(({ id }) => found(account.applicationGroups, id).id);
  for (const group of groups) assertSameNetwork(account, group, subnet);
  return {
    configuration: name,
    ipConfiguration: ip.name,
    primary,
    accelerated: properties?.enableAcceleratedNetworking ?? false,
    deletes: asker.scaleSet ? deleteOption !== "Detach" : deleteOption === "Delete",
    tags,
    subnet,
    securityGroup: networkSecurityGroup && found(account.securityGroups, networkSecurityGroup.id).id,
    applicationGroups: groups,
    publicAddress: publicIPAddressConfiguration && publicAddressPlan(publicIPAddressConfiguration, asker),
  };
}

function publicAddressPlan(body: PublicAddressBody, { scaleSet }: Asker): NonNullable<NicPlan["publicAddress"]> {
  const { name, tags = {}, sku, properties } = body;
  checkTags(tags);
  const { publicIPAllocationMethod: method, publicIPAddressVersion: version = "IPv4", deleteOption } = properties ?? {};
  if (version !== "IPv4") throw new NotUnderstood("public IPv6 addresses");
  if (scaleSet && method !== undefined) throw new NotUnderstood("publicIPAllocationMethod in a scale set");
  if (sku?.name === "StandardV2") throw new NotUnderstood("StandardV2 addresses");
  if ((sku?.name ?? (scaleSet ? "Standard" : "Basic")) === "Basic") {
    throw badRequest(
      "IPv4BasicSkuPublicIpCountLimitReached",
      "Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region.",
    );
  }
  if (!scaleSet && method !== "Static") {
    throw badRequest(
      "StandardAndStandardV2SkuPublicIPAddressesMustBeStatic",
      `Standard sku publicIp ${name} must have AllocationMethod set to Static.`,
    );
  }
  return { name, tags, sku: "Standard", deletes: scaleSet ? deleteOption !== "Detach" : deleteOption === "Delete" };
}

/** All interfaces of an application security group are in one network: that of the first. */
function assertSameNetwork(account: Account, group: string, subnet: SubnetEntry): void {
  const other = account.nics.all.find(({ applicationGroups }) => applicationGroups.includes(group));
  if (other === undefined) return;
  const network = subnetById(account.networks.all, other.subnet)?.network;
  if (network === undefined || network === subnet.network) return;
  throw badRequest(
    "ApplicationSecurityGroupNotInSameVnet",
    `All network interfaces of application security group ${group} must be in the same virtual network: ${network}.`,
  );
}

/** What is still being written cannot be referred to. */
export function assertReady(account: Account, { id, readyAt }: Resource & { readonly readyAt: number }): void {
  if (account.clock.now() >= readyAt) return;
  const code = "ReferencedResourceNotProvisioned";
  const message = `Cannot proceed with operation because resource ${id} is not in Succeeded state. Resource is in Updating state.`;
  throw new ApiError(429, "RetryableError", "A retryable error occurred.", { details: [{ code, message }] });
}
