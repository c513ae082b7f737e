import * as z from "zod";

import { resolveOptions } from "../options/resolve.ts";
import type { ClusterOptions, ResolvedClusterOptions } from "./cluster-options.ts";
import { clusterFields } from "./cluster-schema.ts";

const schema = z.object(clusterFields);

/**
 * Resolves the options that every cluster has, from the constructor, the environment and Dask's configuration files. A provider takes
 * its own options out first: others are refused.
 *
 * @param section below `cloudprovider` in Dask's configuration: `toy` is `DASK_CLOUDPROVIDER__TOY__N_WORKERS`
 * @throws DaskFleetError `CONFIG_INVALID`
 */
export function resolveClusterOptions(section: string, options: ClusterOptions = {}): ResolvedClusterOptions {
  return resolveOptions(schema, { section, options }).values;
}
