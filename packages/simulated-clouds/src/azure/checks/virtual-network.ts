import { parseCidr } from "../../core/subnet.ts";
import { badRequest, invalidReference, missingParameter } from "../api-error.ts";
import type { VirtualNetworkBody } from "../bodies/network.ts";
import type { Account } from "../state/account.ts";
import type { SubnetEntry } from "../state/networks.ts";
import { assertReady } from "./network-profile.ts";

type Range = ReturnType<typeof parseCidr>;

/** The subnets that a network is asked for with. @throws ApiError where Azure would not have it */
export function subnetsOf(account: Account, network: string, body: VirtualNetworkBody): readonly SubnetEntry[] {
  const prefixes = body.properties?.addressSpace?.addressPrefixes ?? [];
  if (prefixes.length === 0) throw missingParameter("addressSpace.addressPrefixes");
  const space = prefixes.map((prefix) => rangeOf(prefix));
  const known: { readonly range: Range; readonly name: string }[] = [];
  return (body.properties?.subnets ?? []).map(({ name, properties }) => {
    if (name === undefined) throw missingParameter("subnets.name");
    const [prefix, ...others] = [properties?.addressPrefix, ...(properties?.addressPrefixes ?? [])].filter(
      (each) => each !== undefined,
    );
    if (prefix === undefined) throw missingParameter("subnets.properties.addressPrefix");
    if (others.length > 0) throw badRequest("SubnetsNotInSameVnet", `Subnet ${name} has several address prefixes.`);
    const range = rangeOf(prefix);
    if (!space.some((outer) => contains(outer, range))) {
      throw badRequest(
        "NetcfgSubnetRangeOutsideVnet",
        `Subnet '${name}' is not valid because its IP address range is outside the IP address range of virtual network.`,
      );
    }
    const other = known.find((each) => contains(each.range, range) || contains(range, each.range));
    if (other !== undefined) {
      throw badRequest(
        "NetcfgSubnetRangesOverlap",
        `Subnet '${name}' is not valid because its IP address range overlaps with that of an existing subnet '${other.name}'.`,
      );
    }
    known.push({ range, name });
    return {
      id: `${network}/subnets/${name}`,
      name,
      prefix,
      securityGroup: securityGroupOf(account, network, properties?.networkSecurityGroup?.id),
      network,
    };
  });
}

function securityGroupOf(account: Account, by: string, id: string | undefined): string | undefined {
  if (id === undefined) return undefined;
  const found = account.securityGroups.byId(id);
  if (found === undefined) throw invalidReference(id, by);
  assertReady(account, found);
  return found.id;
}

function rangeOf(prefix: string): Range {
  try {
    return parseCidr(prefix);
  } catch {
    throw badRequest("InvalidCIDRNotation", `The address prefix ${prefix} has an invalid CIDR notation.`);
  }
}

function contains(outer: Range, inner: Range): boolean {
  return inner.first >= outer.first && inner.first + inner.size <= outer.first + outer.size;
}
