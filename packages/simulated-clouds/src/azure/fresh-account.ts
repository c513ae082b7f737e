import { Account, GROUP, HOME, NETWORK_GROUP, type Surroundings } from "./state/account.ts";
import type { VirtualNetwork } from "./state/networks.ts";
import { resourceId } from "./state/shelf.ts";

/** An account with an older network and security group, and another network in another resource group. */
export function freshAccount(surroundings: Surroundings): Account {
  const account = new Account(surroundings);
  const { addresses } = surroundings;
  account.networks.put(
    network(GROUP, "lab-vnet", [addresses.privateCidr], {
      default: addresses.subnetCidr(0, 20),
      workers: addresses.subnetCidr(1, 20),
    }),
  );
  account.networks.put(network(NETWORK_GROUP, "shared-vnet", ["10.1.0.0/16"], { default: "10.1.0.0/20" }));
  const rule = {
    protocol: "Tcp",
    access: "Allow",
    direction: "Inbound",
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
  } as const;
  account.securityGroups.put({
    ...common,
    id: resourceId(GROUP, account.securityGroups.type, "lab-nsg"),
    group: GROUP,
    name: "lab-nsg",
    rules: [
      {
        name: "dask",
        properties: { ...rule, priority: 100, sourceAddressPrefix: "127.0.0.0/8", destinationPortRange: "8786-8788" },
      },
      {
        name: "members",
        properties: { ...rule, priority: 110, sourceAddressPrefix: "VirtualNetwork", destinationPortRange: "*" },
      },
    ],
  });
  return account;
}

const common = { location: HOME, tags: {}, createdAt: 0, readyAt: 0, etag: 'W/"1"' };

function network(
  group: string,
  name: string,
  prefixes: readonly string[],
  subnets: Readonly<Record<string, string>>,
): VirtualNetwork {
  const id = resourceId(group, "Microsoft.Network/virtualNetworks", name);
  return {
    ...common,
    id,
    group,
    name,
    prefixes,
    subnets: Object.entries(subnets).map(([subnet, prefix]) => ({
      id: `${id}/subnets/${subnet}`,
      name: subnet,
      prefix,
      securityGroup: undefined,
      network: id,
    })),
    body: {},
  };
}
