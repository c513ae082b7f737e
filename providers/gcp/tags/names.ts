/** Compute Engine's names have 63 characters at the most; a cluster's has 40. */
const PREFIX = "dask-fleet";

export function schedulerName(clusterName: string): string {
  return `${clusterName}-scheduler`;
}

/** The beginning of the names of workers that one call makes; no other call's begin like that. */
export function workerPrefix(clusterName: string, requestId: string): string {
  return `${clusterName}-w-${requestId.slice(0, 8)}-`;
}

/** The network tag of a cluster's machines. */
export function memberTag(clusterName: string): string {
  return `${PREFIX}-${clusterName}-member`;
}

/** The network tag of its scheduler. */
export function schedulerTag(clusterName: string): string {
  return `${PREFIX}-${clusterName}-scheduler`;
}

export const FIREWALL_KINDS = ["members", "clients", "clients6"] as const;
export type FirewallKind = (typeof FIREWALL_KINDS)[number];

export function firewallName(clusterName: string, kind: FirewallKind): string {
  return `${PREFIX}-${clusterName}-${kind}`;
}

/** For lists: the firewall rules of one cluster, and of those whose names begin like it, or of all. */
export function firewallFilter(clusterName: string | undefined): string {
  return `name eq ${PREFIX}-${clusterName === undefined ? "" : `${clusterName}-`}.*`;
}

/** Zone and name identify a machine. */
export function machineId(zone: string, name: string): string {
  return `${zone}/${name}`;
}

export function placeOf(id: string): { readonly zone: string; readonly name: string } {
  const [zone = "", name = ""] = id.split("/");
  return { zone, name };
}
