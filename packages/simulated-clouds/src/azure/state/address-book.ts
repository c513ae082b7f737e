import type { AddressSpace } from "../../core/address-space.ts";
import { cidrContains, parseCidr, Subnet } from "../../core/subnet.ts";
import { badRequest } from "../api-error.ts";
import type { SubnetEntry } from "./networks.ts";

/** Azure keeps the first four addresses of each subnet and the last. */
const KEPT = 5;

/**
 * Gives machines their private addresses. All are of this computer's loopback, whatever the subnet's own range is: a subnet
 * whose range is not of the loopback has as many as it should have, but others.
 */
export class AddressBook {
  readonly #addresses: AddressSpace;
  readonly #elsewhere: Subnet;
  readonly #subnets = new Map<string, Subnet>();
  readonly #taken = new Map<string, number>();

  constructor(addresses: AddressSpace) {
    this.#addresses = addresses;
    this.#elsewhere = new Subnet(addresses.subnetCidr(1, 17));
  }

  /** How many addresses of a subnet are taken. */
  takenIn(subnet: string): number {
    return this.#taken.get(subnet) ?? 0;
  }

  /** @throws ApiError when a subnet runs out of addresses */
  assertFree(subnet: SubnetEntry, count: number): void {
    const size = parseCidr(subnet.prefix).size - KEPT;
    if (this.takenIn(subnet.id) + count <= size) return;
    throw badRequest(
      "SubnetIsFull",
      `Subnet ${subnet.name} with address prefix ${subnet.prefix} does not have enough capacity for ${count} IP addresses.`,
    );
  }

  take(subnet: SubnetEntry): string {
    const address = this.#poolOf(subnet).take();
    this.#taken.set(subnet.id, this.takenIn(subnet.id) + 1);
    return address;
  }

  release(subnet: string, address: string): void {
    const pool = [...this.#subnets.values(), this.#elsewhere].find((each) => each.contains(address));
    pool?.release(address);
    this.#taken.set(subnet, this.takenIn(subnet) - 1);
  }

  #poolOf({ prefix }: SubnetEntry): Subnet {
    const { privateCidr } = this.#addresses;
    const [first = ""] = prefix.split("/");
    if (!cidrContains(privateCidr, first)) return this.#elsewhere;
    const known = this.#subnets.get(prefix);
    if (known !== undefined) return known;
    // A network over the whole range may have a subnet where the others' addresses come from.
    const own = cidrContains(this.#elsewhere.cidr, first) ? this.#elsewhere : new Subnet(prefix);
    this.#subnets.set(prefix, own);
    return own;
  }
}
