import type { ClusterManager } from "../cluster/cluster-manager.ts";
import type { ClusterFile, ClusterFileOptions } from "./cluster-file.ts";

/**
 * Reads a cluster file and makes its cluster, unstarted. Notes about what has no meaning become warnings.
 *
 * ```ts
 * import { clusterFromFile } from "dask-fleet";
 *
 * await using cluster = await (await clusterFromFile("cluster.yaml", { set: ["workers=4"] })).start();
 * ```
 *
 * @param path of the file; a relative one is relative to the working directory
 * @param options what lies over the file
 * @throws DaskFleetError `CONFIG_INVALID` for the file, with the line of each fault; `STATE_UNTRUSTED` for a profile that others can write
 */
export async function clusterFromFile(path: string, options: ClusterFileOptions = {}): Promise<ClusterManager> {
  const { manager } = await import("./manager.ts");
  return await manager(path, options);
}

/**
 * Reads a cluster file, or OCI's document for `ads opctl`, without making a cluster.
 *
 * @param path of the file; a relative one is relative to the working directory
 * @param options what lies over the file
 * @throws DaskFleetError as {@link clusterFromFile}, but for the values of options: the constructor checks them
 */
export async function readClusterFile(path: string, options: ClusterFileOptions = {}): Promise<ClusterFile> {
  const { readFile } = await import("./read.ts");
  return await readFile(path, options);
}
