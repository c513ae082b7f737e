import type { Reach } from "../../../src/cloud/network/address-family.ts";
import { invalid } from "../../../src/options/invalid.ts";
import type { OciApi } from "../api/client.ts";
import type { Subnet, Vcn } from "../api/sdk.ts";
import { stateOf } from "../api/state.ts";
import { isNotFound } from "../errors/oci-error.ts";

/** What the options say of where machines of one kind are to be. */
export interface SubnetWishes {
  /** OCIDs, the preferred one first. */
  readonly subnets: readonly string[];
  /** The option that names them, for errors. */
  readonly option: string;
  /** Whether the machines are to have public addresses. */
  readonly isPublic: boolean;
}

export interface Network {
  readonly vcnId: string;
  /** Subnets for each of the wishes, the preferred one first. */
  readonly kinds: readonly (readonly Subnet[])[];
}

/** OCI gives IPv6 addresses only where somebody has asked for them, and machines ask for none. */
export const REACH: Reach = { families: [4], because: "dask-fleet asks OCI for no IPv6 addresses" };

/** Finds the VCN and the subnets of each kind of machines. Makes nothing. */
export async function findNetwork(
  api: OciApi,
  vcnId: string | undefined,
  kinds: readonly SubnetWishes[],
  signal: AbortSignal,
): Promise<Network> {
  const given = await subnetsById(api, kinds, signal);
  const isOpen = kinds.some(({ subnets }) => subnets.length === 0);
  const known = given.size > 0 ? vcnOf([...given.values()], vcnId) : vcnId;
  const vcn = isOpen ? await vcnFor(api, known, signal) : undefined;
  const all = vcn === undefined ? [] : await subnetsOf(api, vcn, signal);
  return { vcnId: vcn?.id ?? known ?? "", kinds: kinds.map((wishes) => subnetsFor(wishes, given, all)) };
}

/** The VCN's own addresses. */
export async function rangesOf(api: OciApi, vcnId: string, signal: AbortSignal): Promise<readonly string[]> {
  const { cidrBlocks } = await getVcn(api, vcnId, signal);
  return cidrBlocks;
}

function subnetsFor(
  wishes: SubnetWishes,
  given: ReadonlyMap<string, Subnet>,
  all: readonly Subnet[],
): readonly Subnet[] {
  const { subnets, option, isPublic } = wishes;
  const named = subnets.flatMap((id) => given.get(id) ?? []);
  const closed = named.find((subnet) => isPublic && isPrivate(subnet));
  if (closed === undefined) return named.length > 0 ? named : chosenSubnets(all, isPublic);
  throw invalid(
    `The subnet ${closed.id}, which \`${option}\` names, prohibits public addresses: set \`publicIp\` or \`workerPublicIp\` to false, or take a public subnet.`,
  );
}

/**
 * With public addresses the subnets that allow them, without them those that do not, or else any: a regional one, or one in each
 * availability domain.
 *
 * @throws DaskFleetError `CONFIG_INVALID` where there is none, or no way to choose
 */
export function chosenSubnets(all: readonly Subnet[], isPublic: boolean): readonly Subnet[] {
  const open = all.filter((subnet) => !isPrivate(subnet));
  const closed = all.filter(isPrivate);
  const fitting = isPublic ? open : closed.length > 0 ? closed : open;
  if (fitting.length === 0) {
    throw invalid(
      "The VCN has no subnet that allows public addresses: set `publicIp` or `workerPublicIp` to false, or create a public subnet.",
    );
  }
  const regional = fitting.filter(({ availabilityDomain: domain }) => domain === undefined);
  const inDomains = Map.groupBy(fitting, ({ availabilityDomain: domain }) => domain);
  const doubtful =
    regional.length > 1 || (regional.length === 0 && [...inDomains.values()].some((same) => same.length > 1));
  if (!doubtful) return regional.length > 0 ? regional : fitting;
  const names = fitting.map(({ displayName, id }) => `${displayName ?? "unnamed"} (${id})`);
  throw invalid(`The VCN has several subnets that fit: set \`subnetId\` to one of ${names.join(", ")}.`);
}

export function isPrivate({ prohibitPublicIpOnVnic, prohibitInternetIngress }: Subnet): boolean {
  return prohibitPublicIpOnVnic === true || prohibitInternetIngress === true;
}

async function subnetsById(
  api: OciApi,
  kinds: readonly SubnetWishes[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Subnet>> {
  const options = new Map(kinds.toReversed().flatMap(({ subnets, option }) => subnets.map((id) => [id, option])));
  const found = [...options].map(async ([subnetId, option]) => {
    try {
      const { subnet } = await api.call("network", "GetSubnet", signal, (client) => client.getSubnet({ subnetId }));
      return [subnetId, subnet] as const;
    } catch (error) {
      if (isNotFound(error)) throw unseen("subnet", subnetId, option, api);
      throw error;
    }
  });
  return new Map(await Promise.all(found));
}

/** The one VCN of all subnets that the options name. */
function vcnOf(subnets: readonly Subnet[], asked: string | undefined): string {
  const vcns = [...new Set(subnets.map(({ vcnId }) => vcnId))];
  const [vcnId = ""] = vcns;
  if (vcns.length > 1) throw invalid(`The subnets are in several VCNs (${vcns.join(", ")}): a cluster can be in one.`);
  if (asked !== undefined && asked !== vcnId) throw invalid(`The subnets are in ${vcnId}, not in the VCN ${asked}.`);
  return vcnId;
}

async function vcnFor(api: OciApi, vcnId: string | undefined, signal: AbortSignal): Promise<Vcn> {
  if (vcnId !== undefined) return await getVcn(api, vcnId, signal);
  const { compartmentId, region } = api;
  const all = await api.list("network", "ListVcns", signal, (client, page) =>
    client.listVcns({ compartmentId, ...page }),
  );
  const [vcn, ...others] = all.filter((each) => stateOf(each) === "AVAILABLE");
  if (vcn !== undefined && others.length === 0) return vcn;
  const where = `The compartment ${compartmentId} has`;
  if (vcn === undefined) {
    throw invalid(
      `${where} no VCN in the region ${region}: create one with "Create VCN with Internet connectivity" at https://cloud.oracle.com/networking/vcns?region=${region}, or set \`vcnId\` or \`subnetId\` to one of another compartment.`,
    );
  }
  const names = [vcn, ...others].map(({ displayName, id }) => `${displayName ?? "unnamed"} (${id})`);
  throw invalid(
    `${where} several VCNs in the region ${region}: set \`vcnId\` or \`subnetId\` to one of ${names.join(", ")}.`,
  );
}

async function getVcn(api: OciApi, vcnId: string, signal: AbortSignal): Promise<Vcn> {
  try {
    const { vcn } = await api.call("network", "GetVcn", signal, (client) => client.getVcn({ vcnId }));
    return vcn;
  } catch (error) {
    if (isNotFound(error)) throw unseen("VCN", vcnId, "vcnId", api);
    throw error;
  }
}

/** It may be in another compartment than the cluster's. */
async function subnetsOf(
  api: OciApi,
  { id: vcnId, compartmentId }: Vcn,
  signal: AbortSignal,
): Promise<readonly Subnet[]> {
  const all = await api.list("network", "ListSubnets", signal, (client, page) =>
    client.listSubnets({ compartmentId, vcnId, ...page }),
  );
  const subnets = all.filter((each) => stateOf(each) === "AVAILABLE");
  if (subnets.length > 0) return subnets;
  throw invalid(`The VCN ${vcnId} has no subnet in its own compartment: create one, or set \`subnetId\`.`);
}

function unseen(what: string, id: string, option: string, { region }: OciApi): Error {
  return invalid(
    `The ${what} ${id}, which \`${option}\` names, does not exist in the region ${region}, or these credentials may not see it.`,
  );
}
