import * as z from "zod";

import { count, durationMs, portNumber, text } from "../../../src/options/fields.ts";
import { resolveOptions } from "../../../src/options/resolve.ts";
import {
  clusterFields,
  type ClusterOptions,
  type ResolvedClusterOptions,
} from "../../../src/provider/cluster-options.ts";

/** Options of a {@link LocalCluster}. Each can also come from `DASK_CLOUDPROVIDER__LOCAL__…` or `cloudprovider.yaml`. */
export interface LocalClusterOptions extends ClusterOptions {
  /**
   * The Python that runs Dask: a path, or a command such as `uv run python`, split as a shell would; `~` is the home directory.
   * Default: `DASK_FLEET_PYTHON`, the active virtual or conda environment, `.venv` in the working directory, `python3` or `python`,
   * whichever has `distributed` first.
   */
  readonly python?: string | undefined;
  /**
   * How many worker machines share this computer: each has such a part of its processors and of its memory, less what is left to the
   * scheduler. Default: as many as there are to be when the machine is made, by `nWorkers`, `scale()` or the maximum of
   * `adapt()`. 1: each has all. `workerOptions.nthreads` and `workerOptions.memoryLimit` win.
   */
  readonly sharedBy?: number | undefined;
  /** The scheduler's port. Default: 8786, or another free one where that is taken. */
  readonly schedulerPort?: number | undefined;
  /** Default: 2 minutes. */
  readonly startTimeoutMs?: number | undefined;
  /** Default: 1 minute. */
  readonly closeTimeoutMs?: number | undefined;
}

/** The schema behind {@link LocalClusterOptions}. */
export const schema = z.object({
  ...clusterFields,
  startTimeoutMs: durationMs().default(120_000),
  closeTimeoutMs: durationMs().default(60_000),
  python: text().optional(),
  sharedBy: count({ min: 1 }).optional(),
  schedulerPort: portNumber().optional(),
});

export type ResolvedLocalOptions = ResolvedClusterOptions &
  Pick<LocalClusterOptions, "python" | "sharedBy" | "schedulerPort">;

export function resolveLocalOptions(section: string, options: LocalClusterOptions): ResolvedLocalOptions {
  return resolveOptions(schema, { section, options }).values;
}
