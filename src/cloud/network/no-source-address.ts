import { BlockList, isIPv6 } from "node:net";

export const LOOPBACK = "a loopback address";

/** What an address may be called that nobody is seen under from elsewhere, and its ranges. */
const KINDS: readonly (readonly [kind: string, ranges: readonly string[]])[] = [
  [LOOPBACK, ["127.0.0.0/8", "::1/128"]],
  ["a link-local address", ["169.254.0.0/16", "fe80::/10"]],
  ["a multicast address", ["224.0.0.0/4", "ff00::/8"]],
  ["no computer's address", ["0.0.0.0/8", "240.0.0.0/4", "::/96"]],
];

const LISTS: readonly (readonly [kind: string, list: BlockList])[] = KINDS.map(([kind, ranges]) => {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix] = range.split("/");
    list.addSubnet(network, Number(prefix), isIPv6(network) ? "ipv6" : "ipv4");
  }
  return [kind, list];
});

/**
 * What is wrong with an address as the one under which others see a computer: `a loopback address`; undefined where nothing is.
 * Private addresses are right: a service inside of a VPN, where the scheduler is too, answers with one.
 */
export function whyNoSource(address: string): string | undefined {
  // A BlockList takes it for the IPv4 address.
  if (isIPv6(address) && /^\[::ffff:[^:]+:[^:]+\]$/.test(new URL(`http://[${address}]`).hostname))
    return "an IPv4 address written as IPv6";
  return LISTS.find(([, list]) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4"))?.[0];
}
