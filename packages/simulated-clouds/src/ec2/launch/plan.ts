import type {
  CapacityReservationSpecificationResponse,
  Instance,
  InstanceMetadataOptionsResponse,
  ShutdownBehavior,
} from "@aws-sdk/client-ec2";

import type { Ec2Image } from "../catalogue/images.ts";
import type { TypeFacts } from "../catalogue/instance-types.ts";
import type { Ec2Subnet } from "../state/network.ts";
import type { SecurityGroup } from "../state/security-group.ts";
import type { TagsByType } from "../state/tag-rules.ts";
import type { VolumePlan } from "../state/volume.ts";

/** What a spot instance was asked for with. */
export interface SpotPlan {
  /** The most that an hour may cost, in dollars. */
  readonly maxPrice: number;
}

/** Where the machines shall be, and how the network sees them. */
export interface NetworkPlan {
  /** Where they can be; more than one where the request names no zone. */
  readonly subnets: readonly Ec2Subnet[];
  /** Whether the request names a zone, or a subnet. */
  readonly zoneNamed: boolean;
  readonly groups: readonly SecurityGroup[];
  /** Whether they get a public address; undefined: as the subnet says. */
  readonly publicAddress: boolean | undefined;
  /** IPv6 addresses of each machine; undefined: as the subnet says. */
  readonly ipv6Addresses: number | undefined;
  readonly description: string;
  readonly deleteOnTermination: boolean;
}

/** What is only shown again, as it was asked for. */
type Echoes = Pick<
  Instance,
  "CpuOptions" | "EnclaveOptions" | "HibernationOptions" | "MaintenanceOptions" | "PrivateDnsNameOptions"
> & { readonly CapacityReservationSpecification?: CapacityReservationSpecificationResponse | undefined };

/** Everything about a launch, checked and with EC2's defaults. */
export interface LaunchPlan {
  readonly image: Ec2Image;
  readonly type: TypeFacts;
  readonly minCount: number;
  readonly maxCount: number;
  readonly clientToken: string | undefined;
  readonly network: NetworkPlan;
  readonly userData: Buffer | undefined;
  readonly keyName: string | undefined;
  readonly profile: string | undefined;
  readonly volumes: readonly VolumePlan[];
  readonly shutdownBehavior: ShutdownBehavior;
  readonly monitoring: boolean;
  readonly terminationProtection: boolean;
  readonly ebsOptimized: boolean;
  readonly metadata: Omit<InstanceMetadataOptionsResponse, "State">;
  readonly spot: SpotPlan | undefined;
  readonly tags: TagsByType;
  readonly echoes: Echoes;
}
