import { BlockList } from "node:net";

import { formatAddress, parseCidr } from "./subnet.ts";

const MAPPED = /^::ffff:(?<high>[\da-f]{1,4}):(?<low>[\da-f]{1,4})$/u;

/**
 * An IPv4 address as an IPv6 one: `127.192.0.4` is `::ffff:7fc0:4`. Loopback has one IPv6 address only; so written, each of its
 * IPv4 addresses is one more, which sockets reach.
 */
export function asIpv6(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return `::ffff:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** `::ffff:7fc0:0/112` for `127.192.0.0/16`. */
export function asIpv6Range(cidr: string): string {
  const { first } = parseCidr(cidr);
  return `${asIpv6(formatAddress(first))}/${96 + Number(cidr.split("/")[1])}`;
}

/** The IPv4 address that is written so; undefined for a real IPv6 address. */
export function underIpv6(address: string | undefined): string | undefined {
  const { high, low } = MAPPED.exec(address ?? "")?.groups ?? {};
  if (high === undefined || low === undefined) return undefined;
  return formatAddress(Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16));
}

/** Whether an IPv6 address lies in a range such as `2001:db8::/32`. */
export function ipv6Contains(cidr: string, address: string): boolean {
  const [first = "", bits] = cidr.split("/");
  const range = new BlockList();
  range.addSubnet(first, Number(bits), "ipv6");
  return range.check(address, "ipv6");
}
