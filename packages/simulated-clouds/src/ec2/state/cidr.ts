import { isIP } from "node:net";

import { formatAddress } from "../../core/subnet.ts";
import { invalidValue } from "../errors.ts";

/** A range as EC2 keeps it: `100.68.0.18/18` is `100.68.0.0/18`. */
export function canonicalCidr(cidr: string): string {
  const { address, bits } = /^(?<address>[\d.]+)\/(?<bits>\d{1,2})$/u.exec(cidr)?.groups ?? {};
  if (address === undefined || isIP(address) !== 4 || Number(bits) > 32) {
    throw invalidValue(`CIDR block ${cidr} is malformed`);
  }
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  const first = Math.floor(number / size) * size;
  return `${formatAddress(first)}/${Number(bits)}`;
}

/** IPv6 ranges are only checked for their form. */
export function checkedCidr6(cidr: string): string {
  const { address = "", bits } = /^(?<address>[\da-f:.]+)\/(?<bits>\d{1,3})$/iu.exec(cidr)?.groups ?? {};
  if (isIP(address) !== 6 || Number(bits) > 128) throw invalidValue(`CIDR block ${cidr} is malformed`);
  return cidr.toLowerCase();
}
