import type { MachineRole } from "../role.ts";

/** What is written on everything that a cluster makes, so that it can be found and removed without any other record. */
export function clusterTags(
  clusterName: string,
  role: MachineRole | undefined,
  expiresAt: Date | undefined,
): Record<string, string> {
  return {
    creator: "dask-fleet",
    "cluster-name": clusterName,
    ...(role === undefined ? {} : { role }),
    ...(expiresAt === undefined ? {} : { expires: String(Math.floor(expiresAt.getTime() / 1000)) }),
  };
}
