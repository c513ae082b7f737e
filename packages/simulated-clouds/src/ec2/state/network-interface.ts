import type { Ec2Subnet } from "./network.ts";
import type { Resource } from "./registry.ts";

/** A network card of an instance, with its addresses and firewalls. */
export interface NetworkInterface extends Resource {
  readonly subnet: Ec2Subnet;
  readonly groupIds: readonly string[];
  /** Not visible in an IPv6-only subnet. */
  readonly privateAddress: string;
  readonly ipv6Address: string | undefined;
  readonly description: string;
  readonly deleteOnTermination: boolean;
  /** Undefined once its instance is gone. */
  instanceId: string | undefined;
}
