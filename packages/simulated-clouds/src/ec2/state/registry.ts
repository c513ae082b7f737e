import type { TimeSource } from "../../core/clock.ts";
import { Ec2Error } from "../errors.ts";
import { isId } from "./ids.ts";

/** Anything that has an id, and tags. */
export interface Resource {
  readonly id: string;
  readonly tags: Map<string, string>;
  /** Since when calls find it, in simulated milliseconds. */
  readonly visibleFrom: number;
}

/** How EC2 speaks of one kind of resources. */
export interface Wording {
  readonly prefix: string;
  readonly malformed: string;
  readonly notFound: string;
  /** What it says of ids that are not there. */
  readonly message: (ids: readonly string[]) => string;
}

/** All resources of a kind, in the order in which they were made. */
export class Registry<T extends Resource> {
  readonly #wording: Wording;
  readonly #clock: TimeSource;
  readonly #all = new Map<string, T>();

  constructor(wording: Wording, clock: TimeSource) {
    this.#wording = wording;
    this.#clock = clock;
  }

  /** All resources, visible or not, for tests and the cloud itself. */
  get all(): readonly T[] {
    return [...this.#all.values()];
  }

  get visible(): readonly T[] {
    return this.all.filter((resource) => this.isVisible(resource));
  }

  isVisible({ visibleFrom }: Resource): boolean {
    return this.#clock.now() >= visibleFrom;
  }

  add(resource: T): void {
    this.#all.set(resource.id, resource);
  }

  delete(id: string): void {
    this.#all.delete(id);
  }

  get(id: string): T | undefined {
    return this.#all.get(id);
  }

  /**
   * What a call names by id.
   *
   * @param lagging whether what is new cannot be found yet
   * @throws Ec2Error for a malformed or unknown id.
   */
  demand(ids: readonly string[], { lagging = true }: { readonly lagging?: boolean } = {}): T[] {
    const { prefix, malformed, notFound, message } = this.#wording;
    for (const id of ids) {
      if (!isId(prefix, id)) throw new Ec2Error(malformed, `Invalid id: "${id}" (expecting "${prefix}-...")`);
    }
    const unique = [...new Set(ids)];
    const found = unique.map((id) => this.#all.get(id)).filter((each) => each !== undefined);
    const seen = lagging ? found.filter((each) => this.isVisible(each)) : found;
    if (seen.length < unique.length) {
      const known = new Set(seen.map(({ id }) => id));
      throw new Ec2Error(notFound, message(unique.filter((id) => !known.has(id))));
    }
    return seen;
  }
}

function one(what: string): Wording["message"] {
  return ([id]) => `${what} '${id}' does not exist`;
}

export const INSTANCE_WORDING: Wording = {
  prefix: "i",
  malformed: "InvalidInstanceID.Malformed",
  notFound: "InvalidInstanceID.NotFound",
  message: (ids) =>
    ids.length === 1
      ? `The instance ID '${ids[0]}' does not exist`
      : `The instance IDs '${ids.join(", ")}' do not exist`,
};
export const IMAGE_WORDING: Wording = {
  prefix: "ami",
  malformed: "InvalidAMIID.Malformed",
  notFound: "InvalidAMIID.NotFound",
  message: (ids) => `The image id '[${ids.join(", ")}]' does not exist`,
};
export const GROUP_WORDING: Wording = {
  prefix: "sg",
  malformed: "InvalidGroupId.Malformed",
  notFound: "InvalidGroup.NotFound",
  message: one("The security group"),
};
export const VPC_WORDING: Wording = {
  prefix: "vpc",
  malformed: "InvalidVpcId.Malformed",
  notFound: "InvalidVpcID.NotFound",
  message: one("The vpc ID"),
};
export const SUBNET_WORDING: Wording = {
  prefix: "subnet",
  malformed: "InvalidSubnetId.Malformed",
  notFound: "InvalidSubnetID.NotFound",
  message: one("The subnet ID"),
};
export const VOLUME_WORDING: Wording = {
  prefix: "vol",
  malformed: "InvalidVolumeID.Malformed",
  notFound: "InvalidVolume.NotFound",
  message: one("The volume"),
};
export const INTERFACE_WORDING: Wording = {
  prefix: "eni",
  malformed: "InvalidNetworkInterfaceId.Malformed",
  notFound: "InvalidNetworkInterfaceID.NotFound",
  message: one("The networkInterface ID"),
};
export const SPOT_REQUEST_WORDING: Wording = {
  prefix: "sir",
  malformed: "InvalidSpotInstanceRequestID.Malformed",
  notFound: "InvalidSpotInstanceRequestID.NotFound",
  message: one("The spot instance request ID"),
};
