import type { Tags } from "../bodies/common.ts";
import type { ApplicationGroupBody, RuleBody, VirtualNetworkBody } from "../bodies/network.ts";
import type { Resource } from "./shelf.ts";

interface NetworkResource extends Resource {
  readonly tags: Tags;
  /** When the write that is under way is over. */
  readonly readyAt: number;
  /** Changes with every write. */
  readonly etag: string;
}

export interface SecurityGroup extends NetworkResource {
  readonly rules: readonly RuleBody[];
}

export interface ApplicationGroup extends NetworkResource {
  readonly body: ApplicationGroupBody;
}

export interface SubnetEntry {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  /** A network security group's id. */
  readonly securityGroup: string | undefined;
  readonly network: string;
}

export interface VirtualNetwork extends NetworkResource {
  readonly prefixes: readonly string[];
  readonly subnets: readonly SubnetEntry[];
  readonly body: VirtualNetworkBody;
}

/** The subnet of that id. */
export function subnetById(networks: readonly VirtualNetwork[], id: string): SubnetEntry | undefined {
  const wanted = id.toLowerCase();
  return networks.flatMap(({ subnets }) => subnets).find((subnet) => subnet.id.toLowerCase() === wanted);
}
