import { isIP, BlockList, isIPv6 } from "node:net";

import { DaskFleetError, messageOf } from "../../errors.ts";
import { boundedGet } from "../api/bounded-get.ts";
import { throughProxy } from "../api/proxy.ts";
import type { AddressFamily } from "./address-family.ts";

const LONGEST_ANSWER = 100;
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * The address under which this computer is seen from the Internet, as a range of one: `203.0.113.7/32`. Behind a proxy it is the
 * proxy's, from which the scheduler is not necessarily reached.
 *
 * @param service a URL that answers with the caller's address and nothing else
 * @param wanted the kind of address; default whichever leads to the service
 * @throws DaskFleetError `CONFIG_INVALID` that says to set `allowedCidrs`
 */
export async function launcherRange(service: string, signal: AbortSignal, wanted?: AddressFamily): Promise<string> {
  const where = `${service}${throughProxy(service)}`;
  let answer: string;
  try {
    const told = await boundedGet(service, { bytes: LONGEST_ANSWER, accept: "text/plain", family: wanted, signal });
    answer = told.toString().trim();
  } catch (cause) {
    signal.throwIfAborted();
    throw unknownAddress(`${where} did not tell it: ${messageOf(cause)}`, cause, wanted);
  }
  const family = isIP(answer);
  if (family === 0) throw unknownAddress(`${where} answered with something that is no address`, undefined, wanted);
  if (wanted !== undefined && family !== wanted) {
    throw unknownAddress(`${where} answered with ${answer}, an IPv${family} address`, undefined, wanted);
  }
  const wrong = whyNoSource(answer);
  // A service on this computer itself sees it there.
  const { hostname } = new URL(service);
  if (wrong !== undefined && !(wrong === LOOPBACK && LOOPBACK_HOST.test(hostname))) {
    const told = `${where} answered with ${answer}, ${wrong}: it can be a public address or one of a private network`;
    throw unknownAddress(told, undefined, wanted);
  }
  return `${answer}/${family === 4 ? 32 : 128}`;
}

function unknownAddress(why: string, cause: unknown, wanted: AddressFamily | undefined): DaskFleetError {
  const kind = wanted === undefined ? "IP" : `IPv${wanted} address`;
  const example = wanted === 6 ? "2001:db8:1:2::/64" : "203.0.113.7/32";
  const message =
    `Could not detect this computer's public ${kind} for the firewall (${why}). ` +
    `Set the \`allowedCidrs\` option, such as ["${example}"], or \`publicIp: false\`.`;
  return new DaskFleetError("CONFIG_INVALID", message, { cause });
}

const LOOPBACK = "a loopback address";

/** What an address may be called that nobody is seen under from elsewhere, and its ranges. */
const KINDS: readonly (readonly [kind: string, ranges: readonly string[]])[] = [
  [LOOPBACK, ["127.0.0.0/8", "::1/128"]],
  ["a link-local address", ["169.254.0.0/16", "fe80::/10"]],
  ["a multicast address", ["224.0.0.0/4", "ff00::/8"]],
  ["no computer's address", ["0.0.0.0/8", "240.0.0.0/4", "::/96"]],
];

function isIn(range: string, address: string): boolean {
  const [network = "", prefix] = range.split("/");
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  if (family !== (isIPv6(address) ? "ipv6" : "ipv4")) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), family);
  return list.check(address, family);
}

/**
 * What is wrong with an address as the one under which others see a computer: `a loopback address`; undefined where nothing is.
 * Private addresses are right: a service inside of a VPN, where the scheduler is too, answers with one.
 */
function whyNoSource(address: string): string | undefined {
  // A BlockList takes it for the IPv4 address.
  if (isIPv6(address) && /^\[::ffff:[^:]+:[^:]+\]$/.test(new URL(`http://[${address}]`).hostname))
    return "an IPv4 address written as IPv6";
  return KINDS.find(([, ranges]) => ranges.some((range) => isIn(range, address)))?.[0];
}
