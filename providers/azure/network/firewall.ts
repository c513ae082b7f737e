import { BlockList } from "node:net";

import type { NetworkSecurityGroup, SecurityRule } from "@azure/arm-network";

import { DEFAULT_NODE_PORTS } from "../../../src/bootstrap/node-spec.ts";
import type { MachineRole } from "../../../src/provider/role.ts";
import type { AzureApi } from "../api/client.ts";
import { type Group, groupName, type Named, networkName } from "../tags/names.ts";
import type { Tags } from "../tags/tags.ts";
import { idOf } from "./network.ts";

export interface FirewallWishes {
  readonly cluster: Named;
  readonly resourceGroup: string;
  readonly location: string;
  readonly tags: Tags;
  /** Who may reach the scheduler, in CIDR notation. */
  readonly cidrs: readonly string[];
}

/** Where a machine's network interface belongs: its security group, and the groups that the rules name. */
export interface Membership {
  readonly securityGroup: string;
  readonly groups: readonly string[];
}

/**
 * Everything between the members; from outside only Dask's port and the dashboard's gate of the scheduler. What else Azure lets in
 * by itself, from anywhere in the virtual network and from its load balancers, stays out.
 */
export function securityGroupFor(api: AzureApi, wishes: FirewallWishes): NetworkSecurityGroup {
  const { cluster, resourceGroup, location, tags, cidrs } = wishes;
  const group = (which: Group): { readonly id: string } => ({ id: groupId(api, resourceGroup, cluster, which) });
  const members = [group("members")];
  // Azure takes no rule with both kinds of addresses.
  const clients = (name: string, priority: number, family: Family): SecurityRule[] => {
    const sources = cidrs.filter((cidr) => familyOf(cidr) === family);
    if (sources.length === 0) return [];
    const rule: SecurityRule = {
      ...inbound(name, priority, "Allow"),
      protocol: "Tcp",
      sourceAddressPrefixes: widest(sources, family),
      destinationApplicationSecurityGroups: [group("scheduler")],
      destinationPortRanges: [DEFAULT_NODE_PORTS.scheduler, DEFAULT_NODE_PORTS.gate].map(String),
    };
    return [rule];
  };
  return {
    location,
    tags: { ...tags },
    securityRules: [
      {
        ...inbound("members", 1000, "Allow"),
        protocol: "*",
        sourceApplicationSecurityGroups: members,
        destinationApplicationSecurityGroups: members,
        destinationPortRange: "*",
      },
      ...clients("clients", 1010, "ipv4"),
      ...clients("clients6", 1020, "ipv6"),
      {
        ...inbound("others", 4096, "Deny"),
        protocol: "*",
        sourceAddressPrefix: "*",
        destinationAddressPrefix: "*",
        destinationPortRange: "*",
      },
    ],
  };
}

/** Where a machine belongs that is behind the cluster's own security group. */
export function membershipOf(
  api: AzureApi,
  { resourceGroup, cluster }: Pick<FirewallWishes, "resourceGroup" | "cluster">,
  role: MachineRole,
): Membership {
  const groups: readonly Group[] = role === "scheduler" ? ["members", "scheduler"] : ["members"];
  return {
    securityGroup: idOf(api, resourceGroup, "networkSecurityGroups", networkName(cluster)),
    groups: groups.map((group) => groupId(api, resourceGroup, cluster, group)),
  };
}

type Family = "ipv4" | "ipv6";

function familyOf(cidr: string): Family {
  return cidr.includes(":") ? "ipv6" : "ipv4";
}

/** Azure refuses a rule where one range holds another. */
function widest(cidrs: readonly string[], family: Family): string[] {
  const ranges = cidrs.map((cidr) => {
    const [address = "", bits] = cidr.split("/");
    return { cidr, address, bits: Number(bits) };
  });
  const covered = new BlockList();
  return ranges
    .toSorted((one, other) => one.bits - other.bits)
    .filter(({ address, bits }) => {
      if (covered.check(address, family)) return false;
      covered.addSubnet(address, bits, family);
      return true;
    })
    .map(({ cidr }) => cidr);
}

function groupId(api: AzureApi, resourceGroup: string, cluster: Named, group: Group): string {
  return idOf(api, resourceGroup, "applicationSecurityGroups", groupName(cluster, group));
}

function inbound(name: string, priority: number, access: "Allow" | "Deny") {
  return { name, priority, access, direction: "Inbound", sourcePortRange: "*" } as const;
}
