import type { AddressSpace } from "../../core/address-space.ts";
import { Subnet } from "../../core/subnet.ts";
import { REGIONS } from "../catalog/zones.ts";
import { selfLink } from "../links.ts";
import type { NetworkOptions, SubnetworkOptions } from "../options.ts";
import { fingerprintOf, newId, timestamp } from "./identity.ts";

export interface Subnetwork {
  readonly path: string;
  readonly name: string;
  readonly project: string;
  readonly region: string;
  readonly network: Network;
  readonly addresses: Subnet;
  readonly stackType: "IPV4_ONLY" | "IPV4_IPV6" | "IPV6_ONLY";
  /** Undefined without IPv6. */
  readonly ipv6AccessType: "INTERNAL" | "EXTERNAL" | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Network {
  readonly path: string;
  readonly name: string;
  readonly project: string;
  /** Whether it has a subnet in every region by itself, so that a VM need not name one. */
  readonly auto: boolean;
  readonly subnetworks: readonly Subnetwork[];
  readonly json: Readonly<Record<string, unknown>>;
}

/** Prefix length of every subnet, as in auto mode networks. */
const SUBNET_BITS = 20;

/** The networks of a fresh account: `default`, and those that the test asked for. */
export function makeNetworks(
  project: string,
  more: readonly NetworkOptions[],
  addresses: AddressSpace,
  now: number,
): readonly Network[] {
  let index = 0;
  return [{ name: "default" }, ...more].map((asked: NetworkOptions) => {
    const subnetworks = asked.subnetworks ?? REGIONS.map((region) => ({ name: asked.name, region }));
    return makeNetwork({ project, ...asked, subnetworks }, asked.subnetworks === undefined, now, () => ({
      cidr: addresses.subnetCidr(index++, SUBNET_BITS),
      ipv6Cidr: addresses.ipv6Cidr,
    }));
  });
}

function makeNetwork(
  { name, project = "", subnetworks = [] }: NetworkOptions,
  auto: boolean,
  now: number,
  nextRanges: () => Ranges,
): Network {
  const path = `projects/${project}/global/networks/${name}`;
  const made: Subnetwork[] = [];
  const network: Network = {
    path,
    name,
    project,
    auto,
    subnetworks: made,
    json: {
      kind: "compute#network",
      id: newId(),
      creationTimestamp: timestamp(now),
      name,
      selfLink: selfLink(path),
      autoCreateSubnetworks: auto,
      subnetworks: subnetworks.map((each) => selfLink(subnetworkPath(project, each))),
      routingConfig: { routingMode: "REGIONAL" },
      mtu: 1460,
      networkFirewallPolicyEnforcementOrder: "AFTER_CLASSIC_FIREWALL",
    },
  };
  made.push(...subnetworks.map((each) => makeSubnetwork(network, each, nextRanges(), now)));
  return network;
}

interface Ranges {
  readonly cidr: string;
  readonly ipv6Cidr: string;
}

function makeSubnetwork(
  network: Network,
  { name, region, stackType = "IPV4_ONLY", ipv6AccessType: asked = "EXTERNAL" }: SubnetworkOptions,
  { cidr, ipv6Cidr }: Ranges,
  now: number,
): Subnetwork {
  const ipv6AccessType = stackType === "IPV4_ONLY" ? undefined : asked;
  const { project } = network;
  const path = subnetworkPath(project, { name, region });
  const addresses = new Subnet(cidr);
  const json = {
    kind: "compute#subnetwork",
    id: newId(),
    creationTimestamp: timestamp(now),
    name,
    network: selfLink(network.path),
    ...(stackType === "IPV6_ONLY" ? {} : { ipCidrRange: cidr, gatewayAddress: cidr.replace(/\d+\/\d+$/u, "1") }),
    ...(ipv6AccessType === undefined
      ? {}
      : { ipv6AccessType, [ipv6AccessType === "EXTERNAL" ? "externalIpv6Prefix" : "internalIpv6Prefix"]: ipv6Cidr }),
    region: selfLink(`projects/${project}/regions/${region}`),
    selfLink: selfLink(path),
    privateIpGoogleAccess: false,
    fingerprint: fingerprintOf(cidr),
    purpose: "PRIVATE",
    stackType,
  };
  return { path, name, project, region, network, addresses, stackType, ipv6AccessType, json };
}

function subnetworkPath(project: string, { name, region }: { readonly name: string; readonly region: string }): string {
  return `projects/${project}/regions/${region}/subnetworks/${name}`;
}
