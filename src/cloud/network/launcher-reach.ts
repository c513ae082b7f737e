import { createSocket } from "node:dgram";
import { once } from "node:events";

import { messageOf } from "../../errors.ts";
import { invalid } from "../../options/invalid.ts";
import { isPrivateAddress } from "../../private-address.ts";
import { type AddressFamily, familyOf, type Reach } from "./address-family.ts";
import { launcherRange } from "./launcher-address.ts";

/** Anywhere on the Internet: nothing is sent there. */
const SOMEWHERE: Readonly<Record<AddressFamily, string>> = { 4: "198.41.0.4", 6: "2001:500:2::c" };
const ANY_PORT = 8786;

/**
 * This computer's address, of a kind at which the scheduler can be reached, as a range of one for the firewall.
 *
 * @param service a URL that answers with the caller's address and nothing else
 * @param reach how the scheduler can be reached, once that is known
 * @throws DaskFleetError `CONFIG_INVALID` where there is no such address, or it cannot be found out
 */
export async function launcherRangeFor(
  service: string,
  reach: () => Promise<Reach>,
  signal: AbortSignal,
): Promise<string> {
  const notNeeded = new AbortController();
  // At once, while the network is looked up.
  const asking = Promise.allSettled([launcherRange(service, AbortSignal.any([signal, notNeeded.signal]))]);
  let there: Reach;
  try {
    there = await reach();
  } catch (error) {
    notNeeded.abort();
    throw error;
  }
  const [answer] = await asking;
  signal.throwIfAborted();
  if (answer.status === "fulfilled" && there.families.includes(familyOf(answer.value))) return answer.value;
  if (answer.status === "fulfilled" && !there.families.includes(6)) return await ipv4Range(service, there, signal);
  if (!there.families.includes(6)) throw (answer as PromiseRejectedResult).reason;
  // A service that is out of reach is no reason to go another way.
  const isOther = there.families.includes(4) && (await sourceTowards(SOMEWHERE[4])) !== undefined;
  if (isOther && answer.status === "rejected") throw answer.reason;
  return await ipv6Range(service, there, signal);
}

/** @throws DaskFleetError `CONFIG_INVALID` where this computer has no way to a network with IPv6 */
export async function assertIpv6Way({ because, ipv6Target = SOMEWHERE[6] }: Reach): Promise<string> {
  const source = await sourceTowards(ipv6Target);
  if (source !== undefined) return source;
  throw invalid(
    `This computer could not reach the scheduler: it will have an IPv6 address (${because}), and this computer has no way to ` +
      `IPv6 addresses. Take a subnet with IPv4, or start the cluster from a computer that has IPv6.`,
  );
}

/**
 * The address that this computer would send from, without sending anything; undefined where no way leads there.
 *
 * @param target an IP address
 */
export async function sourceTowards(target: string): Promise<string | undefined> {
  const socket = createSocket(familyOf(target) === 4 ? "udp4" : "udp6");
  try {
    socket.connect(ANY_PORT, target);
    await once(socket, "connect");
    return socket.address().address;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}

/** Hardly anybody translates IPv6 addresses: what a connection leaves with is what the scheduler sees. */
async function ipv6Range(service: string, reach: Reach, signal: AbortSignal): Promise<string> {
  const source = await assertIpv6Way(reach);
  if (!isPrivateAddress(source) || isPrivateAddress(reach.ipv6Target ?? SOMEWHERE[6])) return `${source}/128`;
  return await launcherRange(service, signal, 6);
}

async function ipv4Range(service: string, { because }: Reach, signal: AbortSignal): Promise<string> {
  try {
    return await launcherRange(service, signal, 4);
  } catch (cause) {
    signal.throwIfAborted();
    throw invalid(
      `The scheduler will have an IPv4 address only (${because}), and this computer seems to have IPv6 addresses only: ` +
        messageOf(cause),
    );
  }
}
