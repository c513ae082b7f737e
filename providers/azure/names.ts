/** Azure's names of machines and scale sets have 64 characters at the most; a cluster's has 40. */
const PREFIX = "dask-fleet";
/** Azure adds six characters of its own to it. */
const LONGEST_HOST_PREFIX = 15;

export function schedulerName(clusterName: string): string {
  return `${clusterName}-scheduler`;
}

/** Machines of one zone and one market are alike, and in one scale set. */
export function scaleSetName(
  clusterName: string,
  { zone, spot }: { readonly zone: string | undefined; readonly spot: boolean },
): string {
  return [clusterName, "workers", ...(zone === undefined ? [] : [zone]), ...(spot ? ["spot"] : [])].join("-");
}

/** What the host names of workers begin with; they are the names of their Dask nodes. */
export function workerHostPrefix(clusterName: string): string {
  return `${clusterName.slice(0, LONGEST_HOST_PREFIX - 2).replace(/-+$/, "")}-w`;
}

/** Of the cluster's own network: the virtual network and the network security group. */
export function networkName(clusterName: string): string {
  return `${PREFIX}-${clusterName}`;
}

/** Application security groups, which the rules of the network security group name. */
export type Group = "members" | "scheduler";
export const GROUPS: readonly Group[] = ["members", "scheduler"];

export function groupName(clusterName: string, group: Group): string {
  return `${PREFIX}-${clusterName}-${group}`;
}
