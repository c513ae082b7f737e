import type { AddressSpace } from "../../core/address-space.ts";
import { Subnet } from "../../core/subnet.ts";
import { REGIONS } from "../catalog/zones.ts";
import { selfLink } from "../links.ts";
import type { NetworkOptions } from "../options.ts";
import { fingerprintOf, newId, timestamp } from "./identity.ts";

export interface Subnetwork {
  readonly path: string;
  readonly name: string;
  readonly project: string;
  readonly region: string;
  readonly network: Network;
  readonly addresses: Subnet;
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
    return makeNetwork({ project, ...asked, subnetworks }, asked.subnetworks === undefined, now, () =>
      addresses.subnetCidr(index++, SUBNET_BITS),
    );
  });
}

function makeNetwork(
  { name, project = "", subnetworks = [] }: NetworkOptions,
  auto: boolean,
  now: number,
  nextCidr: () => string,
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
  made.push(...subnetworks.map((each) => makeSubnetwork(network, each, nextCidr(), now)));
  return network;
}

function makeSubnetwork(
  network: Network,
  { name, region }: { readonly name: string; readonly region: string },
  cidr: string,
  now: number,
): Subnetwork {
  const { project } = network;
  const path = subnetworkPath(project, { name, region });
  const addresses = new Subnet(cidr);
  const json = {
    kind: "compute#subnetwork",
    id: newId(),
    creationTimestamp: timestamp(now),
    name,
    network: selfLink(network.path),
    ipCidrRange: cidr,
    gatewayAddress: cidr.replace(/\d+\/\d+$/u, "1"),
    region: selfLink(`projects/${project}/regions/${region}`),
    selfLink: selfLink(path),
    privateIpGoogleAccess: false,
    fingerprint: fingerprintOf(cidr),
    purpose: "PRIVATE",
    stackType: "IPV4_ONLY",
  };
  return { path, name, project, region, network, addresses, json };
}

function subnetworkPath(project: string, { name, region }: { readonly name: string; readonly region: string }): string {
  return `projects/${project}/regions/${region}/subnetworks/${name}`;
}
