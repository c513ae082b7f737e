import type { ClusterManager } from "../cluster/cluster-manager.ts";
import { emitWarning } from "../process/standard-streams.ts";
import type { ClusterFileOptions } from "./cluster-file.ts";
import { registered } from "./providers.ts";
import { readFile } from "./read.ts";

/** The cluster of a file, unstarted. */
export async function manager(path: string, options: ClusterFileOptions): Promise<ClusterManager> {
  const file = await readFile(path, options);
  for (const note of file.notes) emitWarning(note);
  const type = await registered(file.provider, "").clusterClass();
  return new type(file.options);
}
