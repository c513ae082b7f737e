import { timingSafeEqual } from "node:crypto";
import { isIPv6, SocketAddress } from "node:net";

import { type Machine, isAlive } from "../../provider/machine.ts";
import { printableName } from "../../text/printable.ts";
import { type JoinRequest, isP256, macOf } from "./request.ts";
import type { LivingToken } from "./tokens.ts";

/** What this process knows about the sender of a request. */
export interface Known {
  /** The tokens of its role that are not dead. */
  readonly tokens: readonly LivingToken[];
  /** The machine of that name, as last listed; undefined while no list shows it. */
  readonly machine: Machine | undefined;
  /** Whether the scheduler's machine has workers of its own. */
  readonly isBeside: boolean;
  /** Whether the provider's lists have the machines' private addresses. */
  readonly addressesListed: boolean;
  /** The hash of the key that this node has a certificate for; undefined before. */
  readonly signedFor: Buffer | undefined;
  /** The hash of the key that it asks for. */
  readonly key256: Buffer;
}

/** `alarm`: somebody has a machine's token and address, and is not the first. */
export type Verdict =
  | { readonly act: "sign"; readonly token: LivingToken }
  | { readonly act: "wait" | "refuse" | "alarm"; readonly why: string };

const ROLES: ReadonlySet<string> = new Set(["scheduler", "worker"]);

/**
 * Decides on a request for a certificate. A pure function. A request without a valid token learns nothing else; one with a token must
 * come from its machine's address, under its name and role, and with the first key that was signed for it. Where no list has addresses, a machine's address is
 * compared only if it is known otherwise: the cloud's document about the machine, which is bound to the key, says more than an address.
 */
export function judge(request: JoinRequest, known: Known): Verdict {
  const { role, name, from, nonce } = request;
  const { machine, signedFor, key256, tokens } = known;
  if (!ROLES.has(role) || (role === "scheduler") !== (nonce !== undefined))
    return refuse("this role does not ask here");
  if (!isP256(request.spki)) return refuse("its key is not one of P-256");
  const token = tokens.find(({ bytes }) => isEqual(macOf(bytes, request), request.mac));
  if (token === undefined) {
    return refuse("it does not prove a token of its role that is still good");
  }
  if (machine === undefined) return { act: "wait", why: `the cloud lists no machine of that name` };
  if (!isAlive(machine)) return refuse(`the machine is ${machine.state}`);
  if (machine.role !== role && !(known.isBeside && machine.role === "scheduler")) {
    return refuse(`the machine is a ${machine.role}'s`);
  }
  if (from !== undefined) {
    const { privateAddress } = machine;
    const isOwn = machine.role === "scheduler" && isLoopback(from);
    if (privateAddress === undefined) {
      if (known.addressesListed) return { act: "wait", why: "the cloud lists no address of that machine" };
    } else if (!isOwn && plainAddress(from) !== plainAddress(privateAddress)) {
      return refuse(`it comes from ${printableName(from)}, and the machine's address is ${privateAddress}`);
    }
  }
  if (signedFor !== undefined && !isEqual(signedFor, key256)) {
    return { act: "alarm", why: `a second key asks for the certificate of ${role} ${name}` };
  }
  return { act: "sign", token };
}

function refuse(why: string): Verdict {
  return { act: "refuse", why };
}

function isEqual(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain === "::1" || plain.startsWith("127.");
}

/** In one spelling: clouds and sockets write the zeros of IPv6 in their own ways, and a socket of both families tells IPv4 as IPv6. */
function plainAddress(given: string): string {
  const address = given.replace(/%.*$/u, "");
  if (!isIPv6(address)) return address;
  return new SocketAddress({ address, family: "ipv6" }).address.replace(/^::ffff:(?=[\d.]+$)/u, "");
}
