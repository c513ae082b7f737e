import type { Account } from "../state/account.ts";
import type { ApplicationGroup, SecurityGroup, SubnetEntry, VirtualNetwork } from "../state/networks.ts";
import type { Disk, Nic, PublicAddress } from "../state/parts.ts";
import type { Resource } from "../state/shelf.ts";

function state(account: Account, { readyAt }: { readonly readyAt: number }): "Succeeded" | "Updating" {
  return account.clock.now() >= readyAt ? "Succeeded" : "Updating";
}

function common({ id, name, location }: Resource, type: string, etag: string): object {
  return { id, name, type: `Microsoft.Network/${type}`, location, etag };
}

export function securityGroupJson(account: Account, group: SecurityGroup): object {
  const provisioningState = state(account, group);
  const interfaces = account.nics.all.filter(({ securityGroup }) => securityGroup === group.id);
  const subnets = account.networks.all
    .flatMap((each) => each.subnets)
    .filter((each) => each.securityGroup === group.id);
  return {
    ...common(group, "networkSecurityGroups", group.etag),
    tags: group.tags,
    properties: {
      provisioningState,
      securityRules: group.rules.map(({ name, properties }) => ({
        name,
        id: `${group.id}/securityRules/${name}`,
        etag: group.etag,
        type: "Microsoft.Network/networkSecurityGroups/securityRules",
        properties: { provisioningState, sourcePortRanges: [], destinationPortRanges: [], ...properties },
      })),
      defaultSecurityRules: defaultRules(group),
      ...(interfaces.length === 0 ? {} : { networkInterfaces: interfaces.map(({ id }) => ({ id })) }),
      ...(subnets.length === 0 ? {} : { subnets: subnets.map(({ id }) => ({ id })) }),
    },
  };
}

function defaultRules({ id, etag }: SecurityGroup): readonly object[] {
  const rule = (name: string, priority: number, access: string, source: string, direction: string): object => ({
    name,
    id: `${id}/defaultSecurityRules/${name}`,
    etag,
    type: "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
    properties: {
      provisioningState: "Succeeded",
      protocol: "*",
      sourcePortRange: "*",
      destinationPortRange: "*",
      sourceAddressPrefix: source,
      destinationAddressPrefix: source === "VirtualNetwork" ? "VirtualNetwork" : "*",
      access,
      priority,
      direction,
    },
  });
  return [
    rule("AllowVnetInBound", 65_000, "Allow", "VirtualNetwork", "Inbound"),
    rule("AllowAzureLoadBalancerInBound", 65_001, "Allow", "AzureLoadBalancer", "Inbound"),
    rule("DenyAllInBound", 65_500, "Deny", "*", "Inbound"),
    rule("AllowVnetOutBound", 65_000, "Allow", "VirtualNetwork", "Outbound"),
    rule("AllowInternetOutBound", 65_001, "Allow", "*", "Outbound"),
    rule("DenyAllOutBound", 65_500, "Deny", "*", "Outbound"),
  ];
}

export function applicationGroupJson(account: Account, group: ApplicationGroup): object {
  return {
    ...common(group, "applicationSecurityGroups", group.etag),
    tags: group.tags,
    properties: { provisioningState: state(account, group) },
  };
}

export function virtualNetworkJson(account: Account, network: VirtualNetwork): object {
  return {
    ...common(network, "virtualNetworks", network.etag),
    tags: network.tags,
    properties: {
      provisioningState: state(account, network),
      addressSpace: { addressPrefixes: network.prefixes },
      subnets: network.subnets.map((subnet) => subnetJson(account, subnet)),
      virtualNetworkPeerings: [],
      enableDdosProtection: false,
    },
  };
}

export function subnetJson(account: Account, { id, name, prefix, securityGroup, network }: SubnetEntry): object {
  const owner = account.networks.byId(network);
  const members = account.nics.all.filter(({ subnet }) => subnet === id);
  return {
    id,
    name,
    etag: owner?.etag,
    type: "Microsoft.Network/virtualNetworks/subnets",
    properties: {
      provisioningState: owner === undefined ? "Succeeded" : state(account, owner),
      addressPrefix: prefix,
      ...(securityGroup === undefined ? {} : { networkSecurityGroup: { id: securityGroup } }),
      ...(members.length === 0 ? {} : { ipConfigurations: members.map((nic) => ({ id: ipConfigurationId(nic) })) }),
      delegations: [],
      privateEndpointNetworkPolicies: "Disabled",
      privateLinkServiceNetworkPolicies: "Enabled",
    },
  };
}

export function ipConfigurationId({ id, ipConfiguration }: Nic): string {
  return `${id}/ipConfigurations/${ipConfiguration}`;
}

export function nicJson(account: Account, nic: Nic): object {
  const { publicAddress, applicationGroups } = nic;
  const addressed = nic.vm === undefined || (account.vms.byId(nic.vm)?.isAddressed ?? true);
  return {
    ...common(nic, "networkInterfaces", 'W/"1"'),
    tags: nic.tags,
    properties: {
      provisioningState: addressed ? "Succeeded" : "Updating",
      ipConfigurations: [
        {
          id: ipConfigurationId(nic),
          name: nic.ipConfiguration,
          etag: 'W/"1"',
          type: "Microsoft.Network/networkInterfaces/ipConfigurations",
          properties: {
            provisioningState: addressed ? "Succeeded" : "Updating",
            ...(addressed ? { privateIPAddress: nic.privateAddress } : {}),
            privateIPAllocationMethod: "Dynamic",
            privateIPAddressVersion: "IPv4",
            primary: true,
            subnet: { id: nic.subnet },
            ...(publicAddress === undefined ? {} : { publicIPAddress: { id: publicAddress.id } }),
            ...(applicationGroups.length === 0
              ? {}
              : { applicationSecurityGroups: applicationGroups.map((id) => ({ id })) }),
          },
        },
      ],
      dnsSettings: { dnsServers: [], appliedDnsServers: [] },
      primary: nic.primary,
      enableAcceleratedNetworking: nic.accelerated,
      enableIPForwarding: false,
      ...(nic.securityGroup === undefined ? {} : { networkSecurityGroup: { id: nic.securityGroup } }),
      ...(nic.vm === undefined ? {} : { virtualMachine: { id: nic.vm } }),
    },
  };
}

export function publicAddressJson(account: Account, publicAddress: PublicAddress): object {
  const { nic, address, addressedAt, sku, deletes } = publicAddress;
  return {
    ...common(publicAddress, "publicIPAddresses", 'W/"1"'),
    tags: publicAddress.tags,
    sku: { name: sku, tier: "Regional" },
    properties: {
      provisioningState: account.clock.now() >= addressedAt ? "Succeeded" : "Updating",
      ...(account.clock.now() >= addressedAt ? { ipAddress: address } : {}),
      publicIPAddressVersion: "IPv4",
      publicIPAllocationMethod: "Static",
      idleTimeoutInMinutes: 4,
      ipTags: [],
      deleteOption: deletes ? "Delete" : "Detach",
      ...(nic === undefined ? {} : { ipConfiguration: { id: ipConfigurationId(nic) } }),
    },
  };
}

export function diskJson({ id, name, location, tags, sku, zone, sizeGb, uniqueId, vm, createdAt }: Disk): object {
  return {
    id,
    name,
    type: "Microsoft.Compute/disks",
    location,
    tags,
    sku: { name: sku, tier: "Premium" },
    ...(zone === undefined ? {} : { zones: [zone] }),
    ...(vm === undefined ? {} : { managedBy: vm }),
    properties: {
      osType: "Linux",
      creationData: { createOption: "FromImage" },
      diskSizeGB: sizeGb,
      timeCreated: new Date(createdAt).toISOString(),
      provisioningState: "Succeeded",
      diskState: vm === undefined ? "Unattached" : "Attached",
      uniqueId,
    },
  };
}
