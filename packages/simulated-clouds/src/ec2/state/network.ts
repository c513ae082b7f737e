import { Subnet } from "../../core/subnet.ts";
import type { Zone } from "../catalogue/zones.ts";
import type { Resource } from "./registry.ts";

export interface Vpc extends Resource {
  readonly cidr: string;
  readonly ipv6Cidr: string | undefined;
  readonly isDefault: boolean;
}

/** Which addresses a subnet has for machines. */
export type SubnetStack = "ipv4" | "dual" | "ipv6";

/** A subnet, with the addresses that it still has. */
export class Ec2Subnet implements Resource {
  readonly id: string;
  readonly vpc: Vpc;
  readonly zone: Zone;
  readonly addresses: Subnet;
  readonly isDefault: boolean;
  /** Whether its machines get a public address where the request does not say. */
  readonly publicByDefault: boolean;
  readonly stack: SubnetStack;
  readonly tags: Map<string, string>;
  readonly visibleFrom = 0;

  constructor(setting: {
    readonly id: string;
    readonly vpc: Vpc;
    readonly zone: Zone;
    readonly cidr: string;
    readonly isDefault: boolean;
    readonly publicByDefault: boolean;
    readonly stack: SubnetStack;
    readonly tags: Readonly<Record<string, string>>;
  }) {
    this.id = setting.id;
    this.vpc = setting.vpc;
    this.zone = setting.zone;
    this.addresses = new Subnet(setting.cidr);
    this.isDefault = setting.isDefault;
    this.publicByDefault = setting.publicByDefault;
    this.stack = setting.stack;
    this.tags = new Map(Object.entries(setting.tags));
  }
}
