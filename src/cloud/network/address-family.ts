import { invalid } from "../../options/invalid.ts";

export type AddressFamily = 4 | 6;

/** The address family by which the members of a cluster reach each other, and clients the scheduler. */
export interface Addressing {
  readonly members: AddressFamily;
  readonly clients: AddressFamily;
}

export const IPV4_ONLY: Addressing = { members: 4, clients: 4 };

/** How clients can reach a scheduler in the network that was found. */
export interface Reach {
  /** The kinds of addresses that the scheduler can have for clients, the preferred one first; not empty. */
  readonly families: readonly AddressFamily[];
  /** Why it has no others, for errors: `the subnet subnet-0a1b is IPv6-only`. */
  readonly because: string;
  /** An IPv6 address of its network, to see whether a way leads there from here. Default: somewhere on the Internet. */
  readonly ipv6Target?: string | undefined;
}

/** The family of an address, or of a range in CIDR notation. */
export function familyOf(addressOrRange: string): AddressFamily {
  return addressOrRange.includes(":") ? 6 : 4;
}

/**
 * The kind of address by which those who are admitted reach the scheduler.
 *
 * @param cidrs who may reach it
 * @throws DaskFleetError `CONFIG_INVALID` where nobody of them could
 */
export function clientFamily(cidrs: readonly string[], { families, because }: Reach): AddressFamily {
  const family = families.find((each) => cidrs.some((cidr) => familyOf(cidr) === each));
  if (family !== undefined) return family;
  const [only = 4] = families;
  throw invalid(
    `Nobody could reach the scheduler: it will have an IPv${only} address only (${because}), and of those who may reach it ` +
      `(${cidrs.join(", ")}) none has one. Give the \`allowedCidrs\` option an IPv${only} range, such as ${only === 4 ? '"203.0.113.7/32"' : '"2001:db8:1:2::/64"'}.`,
  );
}
