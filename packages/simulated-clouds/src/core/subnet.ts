/** A range of IPv4 addresses that gives its members out, lowest first, and takes them back. */
export class Subnet {
  readonly cidr: string;
  readonly #first: number;
  readonly #size: number;
  readonly #reserved: number;
  readonly #taken = new Set<number>();
  readonly #returned: number[] = [];
  #next: number;

  /**
   * @param cidr such as `127.64.16.0/20`; its first address must be the network's
   * @param reserved how many addresses at the beginning are not given out (EC2 and GCP keep the first four, and the last)
   */
  constructor(cidr: string, reserved = 4) {
    const { first, size } = parseCidr(cidr);
    this.cidr = cidr;
    this.#first = first;
    this.#size = size;
    this.#reserved = reserved;
    this.#next = reserved;
  }

  /** How many addresses can still be taken. */
  get free(): number {
    return this.#size - this.#reserved - 1 - this.#taken.size;
  }

  /** An unused address: a fresh one while there are any, then the one released first. */
  take(): string {
    while (this.#taken.has(this.#next)) this.#next += 1;
    const offset = this.#next < this.#size - 1 ? this.#next++ : this.#returned.shift();
    if (offset === undefined) throw new Error(`The subnet ${this.cidr} has no free address`);
    this.#taken.add(offset);
    return formatAddress(this.#first + offset);
  }

  /** Takes that very address, where it can be given out and is free. */
  claim(address: string): boolean {
    const offset = parseAddress(address) - this.#first;
    if (offset < this.#reserved || offset >= this.#size - 1 || this.#taken.has(offset)) return false;
    const returned = this.#returned.indexOf(offset);
    if (returned >= 0) this.#returned.splice(returned, 1);
    this.#taken.add(offset);
    return true;
  }

  release(address: string): void {
    const offset = parseAddress(address) - this.#first;
    if (this.#taken.delete(offset)) this.#returned.push(offset);
  }

  contains(address: string): boolean {
    const offset = parseAddress(address) - this.#first;
    return offset >= 0 && offset < this.#size;
  }
}

/** Whether an address lies in a range such as `127.0.0.1/32`. */
export function cidrContains(cidr: string, address: string): boolean {
  const { first, size } = parseCidr(cidr);
  const offset = parseAddress(address) - first;
  return offset >= 0 && offset < size;
}

/** @throws Error where this is no IPv4 range, or begins in the middle of one. */
export function parseCidr(cidr: string): { readonly first: number; readonly size: number } {
  const { address, bits } = /^(?<address>[\d.]+)\/(?<bits>\d{1,2})$/u.exec(cidr)?.groups ?? {};
  if (address === undefined || bits === undefined || Number(bits) > 32) throw new Error(`Not an IPv4 range: ${cidr}`);
  const first = parseAddress(address);
  const size = 2 ** (32 - Number(bits));
  if (first % size !== 0) throw new Error(`${cidr} does not begin where its range does`);
  return { first, size };
}

function parseAddress(address: string): number {
  const parts = address.split(".").map(Number);
  const valid = parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255);
  if (!valid) throw new Error(`Not an IPv4 address: ${address}`);
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** An IPv4 address as it is written. */
export function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}
