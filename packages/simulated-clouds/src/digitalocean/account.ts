import { randomUUID } from "node:crypto";

import type { AddressSpace } from "../core/address-space.ts";
import type { SimClock } from "../core/clock.ts";
import type { SimFleet } from "../core/fleet.ts";
import { underIpv6 } from "../core/ipv6.ts";
import { Subnet } from "../core/subnet.ts";
import { ApiError, notFound, unprocessable } from "./api-error.ts";
import type { DropletBody } from "./bodies.ts";
import { type ImageEntry, IMAGES, REGIONS, SIZES } from "./catalog.ts";
import { Droplet } from "./droplet.ts";
import { Firewalls } from "./firewalls.ts";
import type { CapacityRule, SimulatedDigitalOceanOptions, YoungDeletions } from "./options.ts";

interface Vpc {
  readonly id: string;
  readonly region: string;
  readonly ip_range: string;
  readonly default: boolean;
}

interface Parts {
  readonly options: SimulatedDigitalOceanOptions;
  readonly clock: SimClock;
  readonly addresses: AddressSpace;
  readonly fleet: SimFleet;
}

const MOST_NAMES = 10;
const MOST_USER_DATA = 65_536;

/** What an account has. A test may look at it and change it. */
export class Account {
  capacity: readonly CapacityRule[];
  dropletLimit: number;
  /** Whose it is. */
  uuid = "b6fr89dbf6d9156cace5f3c78dc9851d957381ef";
  /** What every call is answered while the account is locked. */
  locked: string | undefined;
  /** Regions that take no new droplets, although the lists have them. */
  closedRegions: ReadonlySet<string> = new Set();
  /** Sizes that the account may not have yet. */
  restrictedSizes: ReadonlySet<string>;
  /** What a deletion of a droplet that is still new comes to. */
  youngDeletions: YoungDeletions;
  readonly firewalls: Firewalls;
  readonly vpcs: readonly Vpc[];
  /** Names, and since when lists show them. */
  readonly tags = new Map<string, number>();
  readonly #parts: Parts;
  readonly #private: Subnet;
  readonly #public: Subnet;
  readonly #droplets = new Map<number, Droplet>();
  #nextId = 490_000_001;

  constructor(parts: Parts) {
    const { options, clock, addresses } = parts;
    this.#parts = parts;
    this.capacity = options.capacity ?? [];
    this.dropletLimit = options.dropletLimit ?? 10_000;
    this.restrictedSizes = new Set(options.restrictedSizes);
    this.youngDeletions = options.youngDeletions ?? "done";
    this.firewalls = new Firewalls(clock, options.listLagMs ?? 2000);
    this.#private = new Subnet(addresses.subnetCidr(0, 17));
    this.#public = new Subnet(addresses.publicCidr);
    this.vpcs =
      (options.defaultVpc ?? true)
        ? REGIONS.map((region) => ({ id: randomUUID(), region, ip_range: addresses.privateCidr, default: true }))
        : [];
  }

  /** Those that exist, in the order in which they were made. */
  get droplets(): readonly Droplet[] {
    return [...this.#droplets.values()].filter(({ exists }) => exists);
  }

  get visibleTags(): readonly string[] {
    return [...this.tags].filter(([, from]) => this.#parts.clock.now() >= from).map(([name]) => name);
  }

  droplet(id: number): Droplet {
    const droplet = this.#droplets.get(id);
    if (droplet === undefined || !droplet.exists) throw notFound();
    return droplet;
  }

  addTag(name: string): void {
    const { clock, options } = this.#parts;
    if (!this.tags.has(name)) this.tags.set(name, clock.now() + (options.listLagMs ?? 2000));
  }

  deleteTag(name: string): void {
    if (!this.tags.delete(name)) throw notFound();
    for (const { tags } of this.droplets) tags.delete(name);
    this.firewalls.forgetTag(name);
  }

  /** Deletes all of them or, where one is busy, none. */
  deleteDroplets(droplets: readonly Droplet[]): void {
    const isYoung = ({ status }: Droplet): boolean => status === "new";
    if (this.youngDeletions === "refused" && droplets.some(isYoung)) {
      throw unprocessable("Droplet already has a pending event.");
    }
    for (const droplet of droplets) {
      if (this.youngDeletions === "ignored" && isYoung(droplet)) continue;
      droplet.deleting = true;
      droplet.machine.destroy();
    }
  }

  /** Makes all of them or none. */
  createDroplets(body: DropletBody): readonly Droplet[] {
    const { name, names = name === undefined ? [] : [name], region = "nyc3" } = body;
    if ((name === undefined) === (body.names === undefined)) throw unprocessable("name or names, not both");
    if (names.length > MOST_NAMES) throw unprocessable(`You can only create ${MOST_NAMES} droplets at a time`);
    if (Buffer.byteLength(body.user_data ?? "") > MOST_USER_DATA) throw unprocessable("User data is too big");
    if (body.public_networking === false && body.ipv6 === true) throw unprocessable("ipv6 needs public networking");
    const image = this.#assertThere(body, region);
    if (this.droplets.length + names.length > this.dropletLimit) {
      throw unprocessable("creating this/these droplet(s) will exceed your droplet limit");
    }
    // Lists have them as available all the same.
    if (this.restrictedSizes.has(body.size)) {
      throw unprocessable("This size is currently restricted please send an additional payment to unlock.");
    }
    if (this.closedRegions.has(region)) throw unprocessable("Region is not available");
    this.#assertRoom(body.size, region, names.length);
    for (const tag of body.tags ?? []) this.addTag(tag);
    return names.map((each) => this.#create(each, region, body, image));
  }

  #assertThere({ size, image, vpc_uuid: vpc }: DropletBody, region: string): ImageEntry {
    if (!REGIONS.includes(region)) throw unprocessable("You specified an invalid region for Droplet creation.");
    const known = SIZES.find(({ slug }) => slug === size);
    if (known === undefined) throw unprocessable("You specified an invalid size for Droplet creation.");
    if (!known.available || !known.regions.includes(region))
      throw unprocessable("Size is not available in this region.");
    const found = IMAGES.find(({ id, slug }) => id === image || slug === image);
    if (found === undefined) throw unprocessable("You specified an invalid image for Droplet creation.");
    if (!found.regions.includes(region)) throw unprocessable("Image is not available in this region.");
    if (found.min_disk_size > known.disk) throw unprocessable("Size is too small for this image.");
    if (vpc !== undefined && !this.vpcs.some((each) => each.id === vpc && each.region === region)) {
      throw unprocessable("VPC is not valid for this region.");
    }
    return found;
  }

  #assertRoom(size: string, region: string, count: number): void {
    const fits = (rule: CapacityRule, droplet: { readonly size: string; readonly region: string }): boolean =>
      (rule.size ?? droplet.size) === droplet.size && (rule.region ?? droplet.region) === droplet.region;
    for (const rule of this.capacity.filter((each) => fits(each, { size, region }))) {
      if (this.droplets.filter((droplet) => fits(rule, droplet)).length + count > rule.droplets) {
        throw new ApiError(422, "unprocessable_entity", "Size is not available in this region.");
      }
    }
  }

  #create(name: string, region: string, body: DropletBody, image: ImageEntry): Droplet {
    const { addresses, clock, fleet, options } = this.#parts;
    const { pendingMs = 8000, addressMs = pendingMs / 4 } = options;
    const id = this.#nextId++;
    const privateAddress = this.#private.take();
    const publicAddress = body.public_networking === false ? undefined : this.#public.take();
    const ipv6Address = body.ipv6 === true ? addresses.ipv6Of(privateAddress, () => this.#public.take()) : undefined;
    const machine = fleet.launch(
      {
        id: String(id),
        instanceId: String(id),
        hostname: name,
        privateAddress,
        publicAddress,
        ipv6Address,
        userData: body.user_data === undefined ? undefined : Buffer.from(body.user_data),
        admits: (source, port) => this.firewalls.admits(this.droplet(id), this.droplets, source, port),
      },
      {
        // It stays, and is charged for, until it is deleted.
        onGuestShutdown: (off) => off.stop(),
        onGone: () => {
          this.#private.release(privateAddress);
          for (const address of [publicAddress, underIpv6(ipv6Address)]) {
            if (address !== undefined) this.#public.release(address);
          }
        },
      },
    );
    const vpc = body.vpc_uuid ?? this.vpcs.find((each) => each.region === region)?.id ?? randomUUID();
    const addressedAt = clock.now() + addressMs;
    const droplet = new Droplet({ id, name, region, body, image, vpc, machine, clock, addressedAt });
    this.#droplets.set(id, droplet);
    return droplet;
  }
}
