import { isIP } from "node:net";

import { ipv6Contains } from "../../core/ipv6.ts";
import { cidrContains } from "../../core/subnet.ts";
import type { Resource } from "./registry.ts";

export type Direction = "ingress" | "egress";

/** Who may come in (or where it may go): a range of addresses, or the members of a group. */
export type Peer =
  | { readonly kind: "ipv4" | "ipv6"; readonly cidr: string }
  | { readonly kind: "group"; readonly groupId: string };

/** What a rule allows; two rules with the same of it are the same rule. */
export interface RuleFacts {
  readonly direction: Direction;
  /** `tcp`, `udp`, `icmp`, `icmpv6`, a protocol's number, or `-1` for all. */
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: Peer;
}

export interface SecurityGroupRule extends RuleFacts {
  readonly id: string;
  readonly groupId: string;
  readonly description: string | undefined;
  readonly tags: Map<string, string>;
  readonly visibleFrom: number;
}

/** A firewall for all machines that have it. */
export class SecurityGroup implements Resource {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly tags: Map<string, string>;
  readonly visibleFrom: number;
  rules: readonly SecurityGroupRule[] = [];

  constructor(facts: Pick<SecurityGroup, "id" | "name" | "description" | "vpcId" | "tags" | "visibleFrom">) {
    this.id = facts.id;
    this.name = facts.name;
    this.description = facts.description;
    this.vpcId = facts.vpcId;
    this.tags = facts.tags;
    this.visibleFrom = facts.visibleFrom;
  }

  get isDefault(): boolean {
    return this.name === "default";
  }

  /** Whether one of its rules refers to a group. */
  refersTo(groupId: string): boolean {
    return this.rules.some(({ peer }) => peer.kind === "group" && peer.groupId === groupId);
  }

  /** Whether it lets a source reach a TCP port of a member. `members` tells the private addresses of a group's members. */
  admits(source: string, port: number, members: (groupId: string) => readonly string[]): boolean {
    return this.rules.some(({ direction, protocol, fromPort, toPort, peer }) => {
      if (direction === "egress") return false;
      const fits = protocol === "-1" || (protocol === "tcp" && fromPort <= port && port <= toPort);
      return fits && isPeer(peer, source, members);
    });
  }
}

function isPeer(peer: Peer, source: string, members: (groupId: string) => readonly string[]): boolean {
  if (peer.kind === "group") return members(peer.groupId).includes(source);
  if (isIP(source) === 6) return peer.kind === "ipv6" && ipv6Contains(peer.cidr, source);
  return peer.kind === "ipv4" && cidrContains(peer.cidr, source);
}

/** The same for the same rule. */
export function ruleKey({ direction, protocol, fromPort, toPort, peer }: RuleFacts): string {
  return [direction, protocol, fromPort, toPort, peer.kind === "group" ? peer.groupId : peer.cidr].join(" ");
}
