import type { Tags } from "../bodies/common.ts";
import type { Resource } from "./shelf.ts";

interface Part extends Resource {
  readonly tags: Tags;
  /** The tags of the VM that it was made for. */
  readonly madeFor: Tags;
}

export interface PublicAddress extends Part {
  readonly address: string;
  readonly sku: "Basic" | "Standard";
  /** When its address becomes visible. */
  readonly addressedAt: number;
  /** Whether it goes with the VM. */
  deletes: boolean;
  nic: Nic | undefined;
}

export interface Nic extends Part {
  readonly configuration: string;
  readonly ipConfiguration: string;
  readonly primary: boolean;
  readonly accelerated: boolean;
  /** The subnet's id. */
  readonly subnet: string;
  /** Ids of a network security group and of application security groups. */
  readonly securityGroup: string | undefined;
  readonly applicationGroups: readonly string[];
  readonly privateAddress: string;
  readonly publicAddress: PublicAddress | undefined;
  deletes: boolean;
  /** The VM's id, while it has one. */
  vm: string | undefined;
  /** Until then it is kept for a VM that could not be made, and cannot be deleted. */
  reservedUntil: number;
}

export interface Disk extends Part {
  readonly sizeGb: number;
  readonly sku: string;
  readonly zone: string | undefined;
  readonly uniqueId: string;
  deletes: boolean;
  vm: string | undefined;
}
